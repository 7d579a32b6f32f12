using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Core.Tests.Reference;

/// <summary>gcra's numbers; an admitted caller goes on when its turn comes, and never before a turn that was told under another content.</summary>
internal sealed class LeakyBucketReference(Bandwidth bandwidth, long tick) : GcraReference(bandwidth, tick)
{
    private Int128 _turn;

    public override Int128 ProceedsAt(Int128 time) => Int128.Max(NextTurn(time), _turn);

    public override bool IsWhole(Int128 time) => base.IsWhole(time) && _turn <= time;

    public override void Take(Int128 time, long permits)
    {
        var isHeldUp = _turn > NextTurn(time);
        base.Take(time, permits);
        if (isHeldUp)
            HoldUp(time, _turn + CeilingOf(permits * Window, Limit * Tick) * Tick);
    }

    public override void Settle(Int128 time)
    {
        base.Settle(time);
        HoldUp(time, _turn);
    }

    public override void Charge(Int128 time, long permits)
    {
        base.Charge(time, permits);
        HoldUp(time, _turn);
    }

    public override void Carry(Int128 time, long used)
    {
        base.Carry(time, used);
        _turn = 0;
    }

    public override void Adopt(BandwidthReference old, Int128 time)
    {
        base.Adopt(old, time);
        var told = Int128.Min(Instant.MaxMicroseconds, ((LeakyBucketReference)old).ProceedsAt(0));
        HoldUp(0, told / Tick * Tick);
    }

    private void HoldUp(Int128 time, Int128 turn) => _turn = turn > NextTurn(time) ? turn : 0;
}
