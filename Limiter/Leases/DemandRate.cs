using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Leases;

/// <summary>How many permits of one key were asked for lately. Not safe for use by several threads.</summary>
internal struct DemandRate
{
    /// <summary>What is counted together: the rate is that of the last few of these.</summary>
    public const long SlotMicroseconds = 100_000;

    private const int ForgottenAfter = 16;

    private long _slot;
    private long _count;
    private long _average;

    /// <summary>
    /// Permits in 100 ms: the average of the last few slots, later ones weighing more, or what came in this one already.
    /// </summary>
    public readonly long PerSlot => Math.Max(_average, _count);

    /// <summary>Counts what is asked for.</summary>
    /// <param name="permits">How many.</param>
    /// <param name="now">The front end's monotonic time.</param>
    public void Add(long permits, Instant now)
    {
        Turn(now);
        _count = Math.Min(_count + permits, int.MaxValue);
    }

    /// <summary>Lets the time pass.</summary>
    public void Turn(Instant now)
    {
        var slot = now.Microseconds / SlotMicroseconds;
        for (var passed = Math.Min(slot - _slot, ForgottenAfter); passed > 0; passed--)
        {
            _average = (_average + _count) / 2;
            _count = 0;
        }

        _slot = Math.Max(_slot, slot);
    }
}
