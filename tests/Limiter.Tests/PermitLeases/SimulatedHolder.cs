using OrleansLimiter.Core.Limits;
using OrleansLimiter.Leases;

namespace OrleansLimiter.Limiter.Tests.PermitLeases;

/// <summary>A front end that asks about one key, with a timer of its own.</summary>
internal sealed class SimulatedHolder
{
    private const long Offset = 40_000_000;

    private readonly long _perMille;
    private readonly Func<LeaseId> _newName;

    /// <param name="spec">The policy as it knows it.</param>
    /// <param name="perMille">How many of its milliseconds pass in a second.</param>
    /// <param name="newName">Names its leases.</param>
    public SimulatedHolder(LimitSpec spec, long perMille, Func<LeaseId> newName)
    {
        (Spec, _perMille, _newName) = (spec, perMille, newName);
        Leases = new KeyLeases(Counts, newName);
    }

    public LeaseCounts Counts { get; } = new();

    /// <summary>The production's own: what it holds, and when it asks.</summary>
    public KeyLeases Leases { get; private set; }

    public LimitSpec Spec { get; set; }

    /// <summary>Until when no message reaches it or leaves it.</summary>
    public Instant CutUntil { get; set; }

    /// <summary>Until when its process stands still.</summary>
    public Instant PausedUntil { get; set; }

    /// <summary>From one request to the next, at most.</summary>
    public long Gap { get; set; } = 1;

    /// <summary>Its monotonic time.</summary>
    public Instant Local(Instant now) => new(Offset + now.Microseconds / 1_000 * _perMille + now.Microseconds % 1_000 * _perMille / 1_000);

    /// <summary>It dies, and begins anew with nothing.</summary>
    /// <returns>How many permits it held.</returns>
    public long Restart()
    {
        var held = new List<HeldLease>();
        Leases.CopyTo(held);
        Leases = new KeyLeases(Counts, _newName);
        return held.Sum(lease => lease.Left);
    }
}
