using System.Diagnostics;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Ports;
using OrleansLimiter.Service;

namespace OrleansLimiter.Metrics;

/// <summary>
/// What the limiter traces, under the source <c>OrleansLimiter</c>: a span <see cref="SpanName"/> for each call of a remote engine, from
/// before its breakers to the answer, whoever gave that. Tags are of fixed sets; no policy, key or partition is named. Nothing is made
/// where nobody listens.
/// </summary>
internal static class LimiterTraces
{
    /// <summary>The source's name.</summary>
    public const string SourceName = "OrleansLimiter";

    /// <summary>The name of a call's span, of kind client.</summary>
    public const string SpanName = "limit decision";

    /// <summary>The tag that names the engine that was asked: its source, such as <c>redis</c>.</summary>
    public const string EngineTag = "orleanslimiter.engine";

    /// <summary>The tag that says what was asked for: <c>acquire</c>, <c>peek</c>, <c>refund</c> and so on, as in metrics.</summary>
    public const string OperationTag = "orleanslimiter.operation";

    /// <summary>The tag that says who answered: the engine's source, or <c>local</c>.</summary>
    public const string SourceTag = "orleanslimiter.source";

    /// <summary>
    /// The tag that says why nobody did, where that is so: a name of <see cref="EngineFaultKind"/>. The span's status is Error then.
    /// </summary>
    public const string ErrorTag = "error.type";

    private static readonly ActivitySource Source = new(SourceName);

    /// <summary>Whether anybody listens.</summary>
    internal static bool IsOn => Source.HasListeners();

    /// <summary>Asks an engine, within a span.</summary>
    internal static async ValueTask<EngineReply> AskAsync(ILimitEngine engine, LimitRequest request, CancellationToken cancellationToken)
    {
        using var span = Source.StartActivity(SpanName, ActivityKind.Client);
        var reply = await engine.ExecuteAsync(request, cancellationToken).ConfigureAwait(false);
        if (span is not { IsAllDataRequested: true })
            return reply;
        span.SetTag(EngineTag, engine.Source);
        span.SetTag(OperationTag, DecisionTags.NameOf(request.Operation));
        span.SetTag(SourceTag, reply.Source switch
        {
            ReplySource.Local => LimitService.LocalSource,
            ReplySource.Lease => LimitService.LeaseSource,
            _ => engine.Source,
        });
        if (reply.IsFault)
        {
            span.SetTag(ErrorTag, reply.Fault.Kind.ToString());
            span.SetStatus(ActivityStatusCode.Error);
        }

        return reply;
    }
}
