using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Core.Quotas;

/// <summary>
/// Requests on a key that may come to weigh more or less: the bytes that it may grow by are taken before anything is decided, and what it
/// did not need is given back. So a full quota stops keys from growing as it stops new ones, and nothing is charged that could not be
/// remembered; but a turn of a leaky bucket is told without its name then. What gives back is never refused: the few bytes that remember it
/// come on top. Whoever owns the key calls one at a time.
/// </summary>
internal static class WeighedKey
{
    /// <summary>
    /// Does one request on a key, as
    /// <see cref="LimitKey.Execute(ref LimitSpec, ref KeyState, in LimitRequest, LeaseId, Instant, out EngineReply)"/> does.
    /// </summary>
    /// <param name="quota">The quota that the key counts in.</param>
    /// <param name="weight">The bytes that the state was counted with; replaced by those that it has afterwards.</param>
    /// <param name="spec">The spec that the state is under.</param>
    /// <param name="state">The key's state.</param>
    /// <param name="request">What is asked.</param>
    /// <param name="newLease">A fresh lease id, for an acquire under concurrency that names none itself.</param>
    /// <param name="now">The owner's clock.</param>
    /// <param name="reply">The reply; <see cref="EngineFault.KeyTableFull"/> where there is no room.</param>
    /// <returns>The quota that is full; null if there was room, or none was needed.</returns>
    /// <exception cref="NotSupportedException">The algorithm has no such operation.</exception>
    public static KeyQuota? Execute(
        KeyQuota quota, ref int weight, ref LimitSpec spec, ref KeyState state, in LimitRequest request, LeaseId newLease, Instant now,
            out EngineReply reply)
    {
        ArgumentNullException.ThrowIfNull(quota);
        ArgumentNullException.ThrowIfNull(spec);
        var before = weight;
        var taken = KeyWeight.MostGrowth(state, request, now);
        KeyQuota? full = null;
        if (taken > 0 && request.Operation is Operation.Release or Operation.Refund)
            quota.Take(taken);
        else if (taken > 0)
            full = quota.TryTake(taken);
        else if (request.Operation == Operation.Peek && request.Permits.Count > 0)
            full = FullForAcquire(quota, state, request, now);
        var asked = request;
        if (full is not null && KeyWeight.NamesTurn(request))
            (full, taken, asked) = (null, 0, request with { Lease = default });
        if (full is not null)
            taken = 0;

        // Whatever comes of it, a look too may leave the state under a newer spec, and of another weight.
        try
        {
            if (full is not null && Changes(ref spec, ref state, request, now))
            {
                reply = EngineReply.Failed(EngineFault.KeyTableFull);
                return full;
            }

            LimitKey.Execute(ref spec, ref state, asked, newLease, now, out reply);
            return null;
        }
        finally
        {
            weight = KeyWeight.BytesOf(state);
            var unused = before + taken - weight;
            if (unused > 0)
                quota.GiveBack(unused, makesRoom: weight < before);
            else if (unused < 0)
                quota.Take(-unused);
        }
    }

    /// <summary>A peek says what an acquire would be answered, and that may need room.</summary>
    private static KeyQuota? FullForAcquire(KeyQuota quota, in KeyState state, in LimitRequest peek, Instant now) =>
        KeyWeight.MostGrowth(state, peek with { Operation = Operation.Acquire }, now) is > 0 and var growth ? quota.FullFor(growth) : null;

    /// <summary>Whether a request that might make the key grow would be admitted: what is refused leaves it as large as it is.</summary>
    private static bool Changes(ref LimitSpec spec, ref KeyState state, in LimitRequest request, Instant now)
    {
        if (request.Operation is not (Operation.Acquire or Operation.Peek))
            return true;
        LimitKey.Execute(ref spec, ref state, request with { Operation = Operation.Peek }, default, now, out var seen);
        return !seen.IsFault && seen.Decision.IsAdmitted;
    }
}
