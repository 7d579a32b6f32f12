using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Core.Tests.Reference;

/// <summary>gcra's numbers; an admitted caller goes on when its turn comes.</summary>
internal sealed class LeakyBucketReference(Bandwidth bandwidth, long tick) : GcraReference(bandwidth, tick)
{
    public override Int128 ProceedsAt(Int128 time) => NextTurn(time);
}
