using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Core.Tests.Reference;

/// <summary>Two counts, the older one weighed by what the sliding window still covers of it.</summary>
internal sealed class SlidingWindowCounterReference(Bandwidth bandwidth, long tick) : BandwidthReference(bandwidth, tick)
{
    private const long LuaIntegers = 1L << 53;

    private Int128 _index;
    private long _previous;
    private long _current;

    public override long Capacity => Bandwidth.Limit;

    public override Int128 LastSeen => _index * Window;

    public override long Remaining(Int128 time) => Math.Max(0, Capacity - Used(time));

    public override bool IsWhole(Int128 time) => At(time) is (_, 0, 0) && time >= _index * Window;

    public override long Used(Int128 time)
    {
        var (index, previous, current) = At(time);
        var into = Int128.Max(0, time - index * Window);
        return current + (long)CeilingOf(previous * (Window - into), Window);
    }

    public override void Settle(Int128 time) => (_index, _previous, _current) = At(time);

    public override void Take(Int128 time, long permits) => _current += permits;

    public override void GiveBack(Int128 time, long permits) => _current = Math.Max(0, _current - permits);

    public override void Charge(Int128 time, long permits) => _current = (long)Int128.Min(Capacity, (Int128)_current + permits);

    public override void Carry(Int128 time, long used)
    {
        _index = time / Window;
        _previous = 0;
        _current = used;
    }

    public override void Adopt(BandwidthReference old, Int128 time)
    {
        if (old.Window != Window)
        {
            Carry(Floor(time), Math.Min(Capacity, old.Used(old.Floor(time))));
            return;
        }

        // The older count is kept even where it is above the new limit; only its product with W must stay in a Lua number.
        var (index, previous, current) = ((SlidingWindowCounterReference)old).At(old.Floor(time));
        _index = index;
        _previous = (long)Int128.Min(previous, (LuaIntegers - 1) / (Window / Tick));
        _current = Math.Min(Capacity, current);
    }

    private (Int128 Index, long Previous, long Current) At(Int128 time)
    {
        var index = time / Window;
        if (index <= _index)
            return (_index, _previous, _current);
        return index == _index + 1 ? (index, _current, 0) : (index, 0, 0);
    }
}
