using System.Collections.Immutable;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Core.Quotas;

namespace OrleansLimiter.Core.Leases;

/// <summary>
/// What the owner of one key has given out and not taken back: the leases, by when they end. Immutable. While so many permits are out the
/// key's bucket fills up to its capacity less those, and no further.
/// </summary>
internal sealed class PermitLedger
{
    /// <summary>The most leases that a key gives out at a time. Who asks for one more decides by asking.</summary>
    public const int MostLeases = 32;

    /// <summary>What one more lease takes of memory, and what the first takes beside that, in bytes.</summary>
    public const int LeaseBytes = 32;
    public const int OwnBytes = KeyWeight.ObjectHeader + 2 * KeyWeight.Reference + KeyWeight.ArrayHeader;

    private readonly ImmutableArray<PermitLease> _leases;

    private PermitLedger(ImmutableArray<PermitLease> leases)
    {
        _leases = leases;
        foreach (var lease in leases)
            Out += lease.Permits;
    }

    /// <summary>Nothing is out.</summary>
    public static PermitLedger Empty { get; } = new([]);

    /// <summary>All leases, the one that ends first at first; of equal ends in the order in which they were given out.</summary>
    public ImmutableArray<PermitLease> Leases => _leases;

    /// <summary>How many permits are out. What a holder has spent of its own is among them: it does not say.</summary>
    public long Out { get; }

    /// <summary>Whether nothing is out.</summary>
    public bool IsEmpty => _leases.IsEmpty;

    /// <summary>Whether no more leases are given out.</summary>
    public bool IsFull => _leases.Length >= MostLeases;

    /// <summary>When the first lease ends. Only where there is one.</summary>
    public Instant FirstEnd => _leases[0].EndsAt;

    /// <summary>When the last lease ends. Only where there is one.</summary>
    public Instant LastEnd => _leases[^1].EndsAt;

    /// <summary>What it takes of memory.</summary>
    public int Bytes => OwnBytes + LeaseBytes * _leases.Length;

    /// <summary>Whether a lease of that name is out.</summary>
    public bool TryFind(LeaseId id, out PermitLease lease)
    {
        foreach (var known in _leases)
        {
            lease = known;
            if (known.Id == id)
                return true;
        }

        lease = default;
        return false;
    }

    /// <summary>The ledger with one more lease.</summary>
    public PermitLedger With(PermitLease lease)
    {
        var place = _leases.Length;
        while (place > 0 && _leases[place - 1].EndsAt > lease.EndsAt)
            place--;
        return new PermitLedger(_leases.Insert(place, lease));
    }

    /// <summary>The ledger without the lease of that name.</summary>
    public PermitLedger Without(LeaseId id)
    {
        for (var place = 0; place < _leases.Length; place++)
        {
            if (_leases[place].Id == id)
                return new PermitLedger(_leases.RemoveAt(place));
        }

        return this;
    }

    /// <summary>The ledger without the lease that ends first. Only where there is one.</summary>
    public PermitLedger WithoutFirst() => _leases.Length == 1 ? Empty : new PermitLedger(_leases.RemoveAt(0));

    /// <summary>The leases that have not ended at an instant.</summary>
    public PermitLedger After(Instant now)
    {
        var left = this;
        while (!left.IsEmpty && left.FirstEnd <= now)
            left = left.WithoutFirst();
        return left;
    }

    /// <summary>All that is out in either of two ledgers of one key, which did not know of each other.</summary>
    public PermitLedger Union(PermitLedger other)
    {
        var union = this;
        foreach (var lease in other._leases)
        {
            // Of one that both gave out, its call having come twice, more of both and the later end.
            if (union.TryFind(lease.Id, out var known))
            {
                union = union.Without(lease.Id).With(
                    new PermitLease(lease.Id, Math.Max(known.Permits, lease.Permits), Instant.Max(known.EndsAt, lease.EndsAt)));
            }
            else
            {
                union = union.With(lease);
            }
        }

        return union;
    }
}
