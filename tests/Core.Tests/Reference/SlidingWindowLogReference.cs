using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Core.Tests.Reference;

/// <summary>One entry per permit, oldest first; each counts until it is a window old.</summary>
internal sealed class SlidingWindowLogReference(Bandwidth bandwidth) : BandwidthReference(bandwidth, 1)
{
    private List<Int128> _admitted = [];

    public override long Capacity => Bandwidth.Limit;

    public override Int128 LastSeen => _admitted.Count == 0 ? 0 : _admitted[^1];

    public override long Remaining(Int128 time) => Math.Max(0, Capacity - Used(time));

    public override bool IsWhole(Int128 time) => Used(time) == 0;

    public override long Used(Int128 time) => _admitted.Count - FirstLive(time);

    public override void Settle(Int128 time) => _admitted.RemoveRange(0, FirstLive(time));

    public override void Take(Int128 time, long permits)
    {
        var instant = Int128.Max(time, LastSeen);
        for (var i = 0L; i < permits; i++)
            _admitted.Add(instant);
    }

    public override void GiveBack(Int128 time, long permits)
    {
        var back = (int)Math.Min(permits, _admitted.Count);
        _admitted.RemoveRange(_admitted.Count - back, back);
    }

    public override void Charge(Int128 time, long permits) => Take(time, Math.Min(permits, Remaining(time)));

    public override void Carry(Int128 time, long used)
    {
        _admitted.Clear();
        Take(time, used);
    }

    public override void Adopt(BandwidthReference old, Int128 time)
    {
        _admitted = [.. ((SlidingWindowLogReference)old)._admitted];
        _admitted.RemoveRange(0, ((SlidingWindowLogReference)old).FirstLive(time));
    }

    public override BandwidthReference Copy()
    {
        var copy = (SlidingWindowLogReference)base.Copy();
        copy._admitted = [.. _admitted];
        return copy;
    }

    // Entries are in order, so the first that counts is found by halving; a plain loop says the same, slower.
    private int FirstLive(Int128 time)
    {
        var (low, high) = (0, _admitted.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (time - _admitted[middle] < Window)
                high = middle;
            else
                low = middle + 1;
        }

        return low;
    }
}
