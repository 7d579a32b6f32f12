using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Core.Tests.Reference;

/// <summary>The theoretical arrival time, counted in microseconds * L, so that a permit is exactly W.</summary>
internal class GcraReference(Bandwidth bandwidth, long tick) : BandwidthReference(bandwidth, tick)
{
    /// <summary>The theoretical arrival time.</summary>
    protected Int128 Arrival { get; set; }

    public override long Capacity => Bandwidth.Capacity;

    public override Int128 LastSeen
    {
        get
        {
            var earliest = Arrival - Fill;
            return earliest <= 0 ? 0 : CeilingOf(earliest, Limit * Tick) * Tick;
        }
    }

    private Int128 Fill => Capacity * Window;

    public override long Remaining(Int128 time) =>
        (long)(Int128.Max(0, Fill - Int128.Max(0, Arrival - time * Limit)) / Window);

    public override bool IsWhole(Int128 time) => Arrival <= time * Limit;

    public override long Used(Int128 time) => Capacity - Remaining(time);

    public override void Settle(Int128 time) => Arrival = Int128.Max(Arrival, time * Limit);

    public override void Take(Int128 time, long permits) => Arrival += permits * Window;

    // No more than a capacity comes back at once, so that c*w stays in the numbers that the rules allow.
    public override void GiveBack(Int128 time, long permits) =>
        Arrival = Int128.Max(time * Limit, Arrival - Math.Min(permits, Capacity) * Window);

    // An arrival that a step back left beyond now + B*w/l stays: charging never gives.
    public override void Charge(Int128 time, long permits) =>
        Arrival = Int128.Max(Arrival, Int128.Min(Arrival + permits * Window, time * Limit + Fill));

    public override void Carry(Int128 time, long used) => Arrival = time * Limit + used * Window;

    public override void Adopt(BandwidthReference old, Int128 time) => Carry(Floor(time), Math.Min(Capacity, old.Used(old.Floor(time))));

    /// <summary>The first tick that is not before the arrival time.</summary>
    protected Int128 NextTurn(Int128 time) => Int128.Max(time, CeilingOf(Int128.Max(0, Arrival), Limit * Tick) * Tick);
}
