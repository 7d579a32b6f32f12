using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Resilience;

/// <summary>
/// The keys on which something was decided locally and not yet charged at the engine, in the order in which they came. Holds so many at
/// most: at the bound the oldest goes. Safe for use by many threads.
/// </summary>
internal sealed class DebtLedger(
    TimeProvider time, ResilienceMetrics metrics, ResilienceLog log, string engine, int maxKeys = DebtLedger.MaxKeys)
{
    public const int MaxKeys = 100_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<SubjectKey, LinkedListNode<Debt>> _byKey = [];
    private readonly LinkedList<Debt> _byAge = [];

    /// <summary>Raised, outside the lock, when the first key comes.</summary>
    public event Action? Filled;

    /// <summary>How many keys there are.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _byAge.Count;
        }
    }

    /// <summary>Notes what a local decision took (more than 0) or gave back (less than 0).</summary>
    /// <param name="key">The key.</param>
    /// <param name="spec">The policy's spec.</param>
    /// <param name="bandwidths">The local spec's bandwidths, each as a spec of its own.</param>
    /// <param name="permits">How many.</param>
    /// <param name="decision">What was decided.</param>
    public void Note(in SubjectKey key, LimitSpec spec, ReadOnlyMemory<LimitSpec> bandwidths, long permits, in Decision decision)
    {
        if (permits == 0)
            return;
        var isFirst = false;
        lock (_gate)
        {
            var now = Instant.From(time.GetUtcNow());
            if (!_byKey.TryGetValue(key, out var node))
            {
                if (permits < 0)
                    return;
                MakeRoom(now);
                isFirst = _byAge.Count == 0;
                _byKey[key] = node = _byAge.AddLast(new Debt(key) { Spec = spec });
                node.Value.Use = bandwidths.Length > 1 ? new BandwidthUse(bandwidths.Span, now) : null;
            }

            var debt = node.Value;
            if (debt.Spec.Version != spec.Version)
                TakeOver(debt, spec, bandwidths, now);
            debt.Consumed = Math.Max(0, debt.Consumed + permits);
            debt.Use?.Add(key, permits, now);
            debt.LastLocalAt = time.GetTimestamp();
            debt.WholeAt = now.After(decision.ResetAfter);
        }

        if (isFirst)
            Filled?.Invoke();
    }

    /// <summary>The oldest debt; null if there is none.</summary>
    public Debt? Oldest
    {
        get
        {
            lock (_gate)
                return _byAge.First?.Value;
        }
    }

    /// <summary>Puts a debt behind all others.</summary>
    public void PutLast(Debt debt)
    {
        lock (_gate)
            MoveLast(debt.Key);
    }

    /// <summary>
    /// Fixes what is to be charged now: of what was taken so much as still counts as used; or, as it was, a charge that is still without a
    /// reply. What came from the seed is not charged: the engine knows of it.
    /// </summary>
    /// <param name="debt">The debt.</param>
    /// <param name="used">What the local key counts as used.</param>
    /// <param name="newId">A name for the charge, if it is a new one.</param>
    /// <returns>The charge; null if there is nothing to charge.</returns>
    public Debt.PendingCharge? ChargeOf(Debt debt, long used, RequestId newId)
    {
        lock (_gate)
        {
            if (debt.Use is { } use)
                used = use.Largest(debt.Key, Instant.From(time.GetUtcNow()));
            var owed = Math.Min(debt.Consumed, used);
            if (owed == 0)
                return null;
            return debt.Pending ?? new Debt.PendingCharge(newId, Permits.Of(owed), debt.Consumed, time.GetTimestamp());
        }
    }

    /// <summary>Remembers a charge that was sent and not answered.</summary>
    public void Keep(Debt debt, Debt.PendingCharge charge)
    {
        lock (_gate)
            debt.Pending = charge;
    }

    /// <summary>Strikes out what a charge covered, and the key if nothing is left; what was taken since is the newest debt.</summary>
    public void Settle(Debt debt, Debt.PendingCharge charge)
    {
        lock (_gate)
        {
            debt.Pending = null;
            debt.Consumed = Math.Max(0, debt.Consumed - charge.Covered);
            if (debt.Consumed == 0)
                Remove(debt.Key);
            else
                MoveLast(debt.Key);
        }
    }

    /// <summary>Strikes out a key whose local budget is whole again, unless something was taken since that was seen.</summary>
    public void Forgive(Debt debt, long lastLocalAt)
    {
        lock (_gate)
        {
            if (debt.LastLocalAt == lastLocalAt)
                Remove(debt.Key);
        }
    }

    public void Remove(in SubjectKey key)
    {
        lock (_gate)
        {
            if (_byKey.Remove(key, out var node))
                _byAge.Remove(node);
        }
    }

    /// <summary>The policy has another content now: what was taken under the one before is counted in the bandwidths of this one.</summary>
    private static void TakeOver(Debt debt, LimitSpec spec, ReadOnlyMemory<LimitSpec> bandwidths, Instant now)
    {
        debt.Spec = spec;
        debt.Use = bandwidths.Length > 1 ? new BandwidthUse(bandwidths.Span, now) : null;
        debt.Use?.Add(debt.Key, debt.Consumed, now);
    }

    private void MoveLast(in SubjectKey key)
    {
        if (!_byKey.TryGetValue(key, out var node))
            return;
        _byAge.Remove(node);
        _byAge.AddLast(node);
    }

    private void MakeRoom(Instant now)
    {
        while (_byAge.Count >= maxKeys && _byAge.First?.Value is { } oldest)
        {
            var isWhole = oldest.WholeAt <= now && oldest.Pending is null;
            Remove(oldest.Key);
            metrics.CountCharge(isWhole ? ChargeOutcome.Whole : ChargeOutcome.Lost);
            if (!isWhole)
                log.ChargeLost(engine, "too many keys");
        }
    }
}
