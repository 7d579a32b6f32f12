using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Ports;
using OrleansLimiter.Places;

namespace OrleansLimiter.Resilience;

/// <summary>
/// Names each place of a concurrency limit before it is asked for, so that one whose giving out was never heard of (a missed deadline, a
/// broken connection, a caller who went away) is given back, whether the engine's answer still comes or not. A place asked for under a
/// request id is the caller's to ask for again under that id: it stays, for as long as its name says. A turn of a leaky bucket that was
/// never heard of is withdrawn where whoever asked for it named it. Safe for use by many threads.
/// </summary>
/// <param name="inner">Who is called, behind a deadline and the breakers.</param>
/// <param name="returns">Who gives places back.</param>
internal sealed class PlaceEngine(ILimitEngine inner, PlaceReturns returns) : ILimitEngine
{
    public string Source => inner.Source;

    public ValueTask<EngineReply> ExecuteAsync(LimitRequest request, CancellationToken cancellationToken)
    {
        var isTurn = request.Spec.Algorithm == Algorithm.LeakyBucket && !request.Lease.IsNone;
        var mayGiveOut = (isTurn || request.Spec.Algorithm == Algorithm.Concurrency)
            && request.Operation is Operation.Acquire or Operation.AcquireUpTo
            && request.Id.IsNone
            && request.Permits.Count > 0;
        return mayGiveOut
            ? WatchedAsync(request.Lease.IsNone ? request with { Lease = PlaceNames.New() } : request, cancellationToken)
            : inner.ExecuteAsync(request, cancellationToken);
    }

    private async ValueTask<EngineReply> WatchedAsync(LimitRequest request, CancellationToken cancellationToken)
    {
        // Who has gone before anything was sent has left nothing behind.
        cancellationToken.ThrowIfCancellationRequested();
        EngineReply reply;
        try
        {
            reply = await inner.ExecuteAsync(request, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            returns.Add(request);
            throw;
        }

        // What this process turned away itself was not sent.
        if (reply.Fault.IsSilence && reply.Source != ReplySource.Local)
            returns.Add(request);
        return reply;
    }
}
