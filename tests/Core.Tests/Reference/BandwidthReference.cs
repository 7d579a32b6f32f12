using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Core.Tests.Reference;

/// <summary>
/// One bandwidth as the rules describe it, in the plainest exact arithmetic: no fraction is reduced, no wait is solved for.
/// It only says what would be admitted at any time if nothing else happened; waits are found by looking
/// (<see cref="Search"/>). Times are microseconds, already floored to the bandwidth's tick.
/// </summary>
internal abstract class BandwidthReference(Bandwidth bandwidth, long tick)
{
    public Bandwidth Bandwidth { get; } = bandwidth;

    public Int128 Limit { get; } = bandwidth.Limit;

    public Int128 Window { get; } = bandwidth.WindowMicroseconds;

    public long Tick { get; } = tick;

    public abstract long Capacity { get; }

    /// <summary>The largest cost that would be admitted at <paramref name="time"/> if nothing else happened.</summary>
    public abstract long Remaining(Int128 time);

    /// <summary>Whether the key would be as good as fresh at <paramref name="time"/> if nothing else happened.</summary>
    public abstract bool IsWhole(Int128 time);

    public abstract long Used(Int128 time);

    /// <summary>The latest time that the state proves to have been seen.</summary>
    public abstract Int128 LastSeen { get; }

    /// <summary>Stores that <paramref name="time"/> was seen.</summary>
    public abstract void Settle(Int128 time);

    public abstract void Take(Int128 time, long permits);

    public abstract void GiveBack(Int128 time, long permits);

    public abstract void Charge(Int128 time, long permits);

    /// <summary>Starts with so many permits used.</summary>
    public abstract void Carry(Int128 time, long used);

    /// <summary>
    /// Carries on from the same algorithm's bandwidth under an older spec, settled at <paramref name="time"/>, which is not floored.
    /// </summary>
    public abstract void Adopt(BandwidthReference old, Int128 time);

    /// <summary>When a caller admitted at <paramref name="time"/> for so many permits may go on.</summary>
    public virtual Int128 ProceedsAt(Int128 time, long permits) => time;

    /// <summary>Whether callers wait for a turn that has a name.</summary>
    public virtual bool HasTurns => false;

    /// <summary>Takes permits under a name, where there are turns.</summary>
    public virtual void TakeTurn(Int128 time, long permits, LeaseId name) => Take(time, permits);

    /// <summary>Withdraws a turn that has not come.</summary>
    public virtual bool Withdraw(LeaseId name) => false;

    public virtual BandwidthReference Copy() => (BandwidthReference)MemberwiseClone();

    /// <summary>The time as the bandwidth sees it.</summary>
    public Int128 Floor(Int128 time) => time / Tick * Tick;

    public static BandwidthReference Create(Algorithm algorithm, Bandwidth bandwidth) => algorithm switch
    {
        Algorithm.TokenBucket => new TokenBucketReference(bandwidth, TickReference.OfBucket(bandwidth)),
        Algorithm.Gcra => new GcraReference(bandwidth, TickReference.OfBucket(bandwidth)),
        Algorithm.LeakyBucket => new LeakyBucketReference(bandwidth, TickReference.OfBucket(bandwidth)),
        Algorithm.FixedWindow => new FixedWindowReference(bandwidth),
        Algorithm.SlidingWindowCounter => new SlidingWindowCounterReference(bandwidth, TickReference.OfSlidingCounter(bandwidth)),
        Algorithm.SlidingWindowLog => new SlidingWindowLogReference(bandwidth),
        _ => throw new ArgumentOutOfRangeException(nameof(algorithm)),
    };

    protected static Int128 CeilingOf(Int128 dividend, Int128 divisor) => (dividend + divisor - 1) / divisor;
}
