
namespace OrleansLimiter.Grains;

/// <summary>
/// The one shape of all limits as actors: a call in, a reply out. The actor's key is the composite key
/// <c>tenant/policy/subject</c>.
/// </summary>
[Alias("ol.ILimitGrain")]
internal interface ILimitGrain : IGrainWithStringKey
{
    /// <summary>Does one request on the key.</summary>
    /// <param name="call">What is asked, under which spec.</param>
    /// <param name="cancellationToken">The caller's deadline: a call that has not begun when it passes is dropped.</param>
    /// <returns>The decision, or the fault that prevented one.</returns>
    [Alias("Execute")]
    ValueTask<LimitReplyMessage> ExecuteAsync(LimitCallMessage call, CancellationToken cancellationToken);
}
