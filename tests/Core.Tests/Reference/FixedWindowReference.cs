using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Core.Tests.Reference;

/// <summary>A count per window of the epoch; an older time counts in the stored window.</summary>
internal sealed class FixedWindowReference(Bandwidth bandwidth) : BandwidthReference(bandwidth, 1)
{
    private Int128 _index;
    private long _count;

    public override long Capacity => Bandwidth.Limit;

    public override Int128 LastSeen => _index * Window;

    public override long Remaining(Int128 time) => Capacity - CountAt(time);

    public override bool IsWhole(Int128 time) => CountAt(time) == 0 && time >= _index * Window;

    public override long Used(Int128 time) => CountAt(time);

    public override void Settle(Int128 time)
    {
        _count = CountAt(time);
        _index = Int128.Max(_index, time / Window);
    }

    public override void Take(Int128 time, long permits) => _count += permits;

    public override void GiveBack(Int128 time, long permits) => _count = Math.Max(0, _count - permits);

    public override void Charge(Int128 time, long permits) => _count = (long)Int128.Min(Capacity, (Int128)_count + permits);

    public override void Carry(Int128 time, long used)
    {
        _index = time / Window;
        _count = used;
    }

    public override void Adopt(BandwidthReference old, Int128 time) => Carry(time, Math.Min(Capacity, old.Used(time)));

    private long CountAt(Int128 time) => time / Window > _index ? 0 : _count;
}
