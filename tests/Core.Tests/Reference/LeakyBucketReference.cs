using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Core.Tests.Reference;

/// <summary>
/// gcra's numbers; an admitted caller goes on when its turn comes, and never before a turn that was told under another content. A turn that
/// is withdrawn before it comes leaves a gap, which the next caller takes that it has room for.
/// </summary>
internal sealed class LeakyBucketReference(Bandwidth bandwidth, long tick) : GcraReference(bandwidth, tick)
{
    private const int MostGaps = 32;
    private const int MostNamed = 1_000;

    private Int128 _turn;
    private List<(Int128 From, Int128 To)> _gaps = [];
    private List<(LeaseId Name, Int128 From, Int128 To)> _named = [];

    public override bool HasTurns => true;

    public override long Remaining(Int128 time)
    {
        var gaps = _gaps.Select(gap => (gap.To - Int128.Max(gap.From, time * Limit)) / Window);
        return Math.Max(base.Remaining(time), (long)Int128.Min(Capacity, gaps.Prepend(0).Max()));
    }

    // A gap is told, but under another content it is not carried over.
    public override long Used(Int128 time) => Capacity - base.Remaining(time);

    public override Int128 ProceedsAt(Int128 time, long permits) =>
        GapFor(time, permits) is { } gap ? CeilingOf(gap.From, Limit * Tick) * Tick : End(time);

    public override bool IsWhole(Int128 time) => base.IsWhole(time) && _turn <= time;

    public override void TakeTurn(Int128 time, long permits, LeaseId name)
    {
        var isHeldUp = _turn > NextTurn(time);
        var from = GapFor(time, permits)?.From ?? Arrival;
        Take(time, permits);
        if (!name.IsNone && !isHeldUp && from > time * Limit && _named.Count < MostNamed)
            _named.Add((name, from, from + permits * Window));
    }

    public override bool Withdraw(LeaseId name)
    {
        var place = _named.FindIndex(turn => turn.Name == name);
        if (place < 0)
            return false;
        var gaps = Joined([.. _gaps, (_named[place].From, _named[place].To)]);
        if (gaps[^1].To == Arrival)
        {
            Arrival = gaps[^1].From;
            gaps.RemoveAt(gaps.Count - 1);
        }

        if (gaps.Count > MostGaps)
            return false;
        _gaps = gaps;
        _named.RemoveAt(place);
        return true;
    }

    public override BandwidthReference Copy()
    {
        var copy = (LeakyBucketReference)base.Copy();
        (copy._gaps, copy._named) = ([.. _gaps], [.. _named]);
        return copy;
    }

    public override void Take(Int128 time, long permits)
    {
        if (GapFor(time, permits) is { } gap)
        {
            _gaps = [.. _gaps.Where(other => other != gap), (gap.From + permits * Window, gap.To)];
            _gaps.RemoveAll(left => left.From == left.To);
            _gaps.Sort();
            return;
        }

        var isHeldUp = _turn > NextTurn(time);
        base.Take(time, permits);
        if (isHeldUp)
            HoldUp(time, _turn + CeilingOf(permits * Window, Limit * Tick) * Tick);
    }

    public override void Settle(Int128 time)
    {
        base.Settle(time);
        HoldUp(time, _turn);
        _gaps = [.. _gaps.Where(gap => gap.To > time * Limit).Select(gap => (Int128.Max(gap.From, time * Limit), gap.To))];
        _named.RemoveAll(turn => turn.From <= time * Limit);
    }

    public override void Charge(Int128 time, long permits)
    {
        base.Charge(time, permits);
        HoldUp(time, _turn);
        if (permits > 0 && base.Remaining(time) == 0)
            _gaps = [];
    }

    public override void Carry(Int128 time, long used)
    {
        base.Carry(time, used);
        _turn = 0;
    }

    public override void Adopt(BandwidthReference old, Int128 time)
    {
        base.Adopt(old, time);
        var told = Int128.Min(Instant.MaxMicroseconds, ((LeakyBucketReference)old).End(0));
        HoldUp(0, told / Tick * Tick);
    }

    private Int128 End(Int128 time) => Int128.Max(NextTurn(time), _turn);

    private (Int128 From, Int128 To)? GapFor(Int128 time, long permits)
    {
        var fitting = _gaps.Where(gap => gap.From >= time * Limit && gap.To - gap.From >= permits * Window).ToList();
        return fitting.Count == 0 ? null : fitting[0];
    }

    private static List<(Int128 From, Int128 To)> Joined(IEnumerable<(Int128 From, Int128 To)> gaps)
    {
        var joined = new List<(Int128 From, Int128 To)>();
        foreach (var gap in gaps.Order())
        {
            if (joined.Count > 0 && joined[^1].To == gap.From)
                joined[^1] = (joined[^1].From, gap.To);
            else
                joined.Add(gap);
        }

        return joined;
    }

    private void HoldUp(Int128 time, Int128 turn) => _turn = turn > NextTurn(time) ? turn : 0;
}
