using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Core.Tests.Reference;

/// <summary>A bucket whose level is counted in permits * W, so that a microsecond adds exactly L.</summary>
internal sealed class TokenBucketReference(Bandwidth bandwidth, long tick) : BandwidthReference(bandwidth, tick)
{
    private Int128 _level = bandwidth.Capacity * (Int128)bandwidth.WindowMicroseconds;
    private Int128 _last = long.MinValue;

    public override long Capacity => Bandwidth.Capacity;

    public override Int128 LastSeen => _last;

    private Int128 Full => Capacity * Window;

    public override long Remaining(Int128 time) => (long)(Level(time) / Window);

    public override bool IsWhole(Int128 time) => Level(time) == Full && time >= _last;

    public override long Used(Int128 time) => Capacity - Remaining(time);

    public override void Settle(Int128 time)
    {
        _level = Level(time);
        _last = Int128.Max(_last, time);
    }

    public override void Take(Int128 time, long permits) => _level -= permits * Window;

    public override void GiveBack(Int128 time, long permits) => _level = Int128.Min(Full, _level + permits * Window);

    public override void Charge(Int128 time, long permits) => _level = Int128.Max(0, _level - permits * Window);

    public override void Carry(Int128 time, long used)
    {
        _level = Full - used * Window;
        _last = time;
    }

    public override void Adopt(BandwidthReference old, Int128 time) => Carry(Floor(time), Math.Min(Capacity, old.Used(old.Floor(time))));

    private Int128 Level(Int128 time) => Int128.Min(Full, _level + Int128.Max(0, time - _last) * Limit);
}
