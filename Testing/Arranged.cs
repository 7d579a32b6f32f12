using OrleansLimiter.Core.Decisions;

namespace OrleansLimiter.Testing;

/// <summary>What a test has said of a policy, or of one subject under it.</summary>
/// <param name="Reason">What is answered.</param>
/// <param name="Since">A refusal: when it began, by <see cref="TimeProvider.GetTimestamp"/>.</param>
/// <param name="RetryAfter">A refusal: how long it lasts from then on.</param>
/// <param name="IsAdmitted">Of <see cref="LimitReason.Unavailable"/>: what is done; null: what the policy says.</param>
internal sealed record Arranged(LimitReason Reason, long Since = 0, TimeSpan RetryAfter = default, bool? IsAdmitted = null)
{
    /// <summary>Whether it is about an operation: a refusal and an admission are about asking, an engine that is away about all.</summary>
    public bool IsAbout(Operation operation) => Reason == LimitReason.Unavailable || operation is Operation.Acquire or Operation.Peek;
}
