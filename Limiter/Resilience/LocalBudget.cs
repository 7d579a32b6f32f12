using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Core.Ports;

namespace OrleansLimiter.Resilience;

/// <summary>
/// Decides in a remote engine's place, under this front end's share of the limits, and notes what was taken. The local engine's keys live
/// on through recoveries, so that however often the engine goes away, a share admits no more than one key of its spec would. Safe for use
/// by many threads.
/// </summary>
internal sealed class LocalBudget(ILimitEngine engine, LocalSpecs specs, RememberedAnswers remembered, DebtLedger debts)
{
    /// <summary>
    /// Decides a request under the share of its spec. A place of a concurrency limit that this process did not give out is not known here.
    /// </summary>
    public async ValueTask<EngineReply> ExecuteAsync(LimitRequest request, CancellationToken cancellationToken)
    {
        var share = specs.For(request.Spec);
        var local = request with { Spec = share.Spec };
        if (!share.Spec.Supports(Operation.Charge) || request.Operation == Operation.Release)
            return (await engine.ExecuteAsync(local, cancellationToken).ConfigureAwait(false)).From(ReplySource.Local);

        if (remembered.TryTake(request.Key, request.Spec, out var remaining))
            await SeedAsync(local, remaining / specs.FrontEnds, cancellationToken).ConfigureAwait(false);
        if (request.Operation == Operation.Peek)
            return (await engine.ExecuteAsync(local, cancellationToken).ConfigureAwait(false)).From(ReplySource.Local);

        // What the call itself moved: two looks around it would take a refill, or another caller, for its own.
        var reply = await engine.ExecuteAsync(local, cancellationToken).ConfigureAwait(false);
        if (!reply.IsFault)
        {
            debts.Note(request.Key, request.Spec, share.Bandwidths, reply.Moved, reply.Decision);
            if (reply.Moved != 0)
                remembered.Spend(request.Key, reply.Moved * specs.FrontEnds);
        }

        return reply.From(ReplySource.Local);
    }

    /// <summary>How many permits the local key counts as used.</summary>
    public async ValueTask<long> UsedAsync(SubjectKey key, LimitSpec spec, CancellationToken cancellationToken)
    {
        var seen = await PeekAsync(new LimitRequest(key, specs.For(spec).Spec, Operation.Peek, Permits.Zero), cancellationToken)
            .ConfigureAwait(false);
        return seen.Limit - seen.Remaining;
    }

    /// <summary>Forgets a key: the engine has.</summary>
    public async ValueTask ForgetAsync(LimitRequest reset, CancellationToken cancellationToken)
    {
        remembered.Forget(reset.Key);
        debts.Remove(reset.Key);
        await engine.ExecuteAsync(reset with { Spec = specs.For(reset.Spec).Spec }, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Takes away what the engine's remainder leaves no share of.</summary>
    private async ValueTask SeedAsync(LimitRequest local, long remaining, CancellationToken cancellationToken)
    {
        var seen = await PeekAsync(local, cancellationToken).ConfigureAwait(false);
        if (seen.Remaining > remaining)
        {
            var charge = new LimitRequest(local.Key, local.Spec, Operation.Charge, Permits.Of(seen.Remaining - remaining));
            await engine.ExecuteAsync(charge, cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask<Decision> PeekAsync(LimitRequest local, CancellationToken cancellationToken)
    {
        var peek = new LimitRequest(local.Key, local.Spec, Operation.Peek, Permits.Zero);
        var reply = await engine.ExecuteAsync(peek, cancellationToken).ConfigureAwait(false);
        return reply.Decision;
    }
}
