using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Valve;

/// <summary>The valves' clock: the wall's, whose steps it tells. Safe for many threads.</summary>
internal sealed class ValveClock(TimeProvider time)
{
    private readonly WallClockFollower _wall = new(time.TimestampFrequency);

    public WallReading Read() => _wall.Read(time.GetTimestamp(), time.GetUtcNow(), time.GetTimestamp());
}
