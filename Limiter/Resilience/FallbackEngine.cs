using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Ports;
using OrleansLimiter.Places;

namespace OrleansLimiter.Resilience;

/// <summary>
/// The engine that callers see: it tells a refusal again without asking while that surely holds, remembers what the engine's answers leave,
/// and has the policy answer where the engine does not. Each place of a concurrency limit is named before it is asked for, so that one
/// whose giving out was never heard of (a missed deadline, a broken connection, a caller who went away) is given back, whether the engine's
/// answer still comes or not. A place asked for under a request id is the caller's to ask for again under that id: it stays, for as long as
/// its name says. A turn of a leaky bucket that was never heard of is withdrawn where whoever asked for it named it. Within this process
/// all is as if the engine had been asked. Safe for use by many threads.
/// </summary>
internal sealed class FallbackEngine(
    RemoteCalls remote, PolicyFallback fallback, RememberedAnswers remembered, PlaceReturns returns, ResilienceMetrics metrics)
    : ILimitEngine, IReplyHandler
{
    public string Source => remote.Source;

    public ValueTask<EngineReply> ExecuteAsync(LimitRequest request, CancellationToken cancellationToken)
    {
        if (remembered.TryRefuse(request, out var refusal, out var asked))
        {
            metrics.CountRememberedRefusal();
            return new(refusal);
        }

        // Before and after: a refusal from before it may be heard of in between.
        if (GivesBack(request.Operation))
            remembered.ForgetRefusals(request.Key);
        var origin = new CallOrigin(this, asked, cancellationToken);
        return request.Lease.IsNone && MayGiveOut(request)
            ? remote.ExecuteAsync(request with { Lease = PlaceNames.New() }, origin)
            : remote.ExecuteAsync(request, origin);
    }

    ValueTask<EngineReply> IReplyHandler.ConcludeAsync(
        in LimitRequest request, in EngineReply reply, AskedAt asked, CancellationToken caller)
    {
        if (GivesBack(request.Operation))
            remembered.ForgetRefusals(request.Key);
        if (reply.IsFault)
        {
            // What this process turned away itself was not sent.
            if (reply.Fault.IsSilence && reply.Source != ReplySource.Local && MayGiveOut(request))
                returns.Add(request);
            return reply.Fault.IsAway ? fallback.AnswerAsync(request, reply, caller) : new(reply);
        }

        switch (request.Operation)
        {
            case Operation.Reset:
                return fallback.ForgottenAsync(request, reply, caller);
            case Operation.Release or Operation.Renew:
                return fallback.KnownHereAsync(request, reply, caller);
            default:
                remembered.Note(request, reply, asked);
                return new(reply);
        }
    }

    void IReplyHandler.Abandon(in LimitRequest request)
    {
        if (GivesBack(request.Operation))
            remembered.ForgetRefusals(request.Key);
        if (MayGiveOut(request))
            returns.Add(request);
    }

    private static bool GivesBack(Operation operation) => operation is Operation.Refund or Operation.Release or Operation.Reset;

    /// <summary>Whether a request may give out a place or a turn that is free again only when somebody says so.</summary>
    private static bool MayGiveOut(in LimitRequest request) =>
        (request.Spec.Algorithm == Algorithm.Concurrency || (request.Spec.Algorithm == Algorithm.LeakyBucket && !request.Lease.IsNone))
        && (request.Operation is Operation.Acquire or Operation.AcquireUpTo)
        && request.Id.IsNone
        && request.Permits.Count > 0;
}
