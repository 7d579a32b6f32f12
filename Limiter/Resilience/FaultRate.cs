using System.Numerics;

namespace OrleansLimiter.Resilience;

/// <summary>
/// How many calls of the last while there were, and how many of them failed: ten windows, each counted up without a lock, by processors
/// apart, so that calls on several of them write to no memory in common. Safe for use by many threads.
/// </summary>
internal sealed class FaultRate
{
    private const int Windows = 10;
    private const int MostStripes = 16;
    private const int StripeLength = 16; // windows, with as much room behind them that two stripes share no cache line

    // One number holds a window's number (24 bits), its calls and its faults (20 bits each): read and counted up at once.
    private const int CountBits = 20;
    private const long MaxCount = (1L << CountBits) - 1;
    private const long NumberMask = (1L << (64 - 2 * CountBits)) - 1;

    private readonly long[] _cells;
    private readonly int _stripeMask;
    private readonly long _windowTicks;

    /// <param name="span">Over how long calls are counted.</param>
    /// <param name="frequency">How many ticks the timestamps have in a second.</param>
    public FaultRate(TimeSpan span, long frequency)
    {
        var stripes = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Min(MostStripes, Environment.ProcessorCount));
        _stripeMask = stripes - 1;
        _cells = new long[(stripes + 1) * StripeLength];
        _windowTicks = Math.Max(1, (long)(span.TotalSeconds / Windows * frequency));
    }

    /// <summary>Counts a call.</summary>
    /// <param name="timestamp">When it ended, of the monotonic timer.</param>
    /// <param name="isFault">Whether it failed.</param>
    public void Add(long timestamp, bool isFault)
    {
        var window = timestamp / _windowTicks;
        var stripe = (Thread.GetCurrentProcessorId() & _stripeMask) + 1;
        ref var cell = ref _cells[stripe * StripeLength + (int)(window % Windows)];
        var seen = Volatile.Read(ref cell);
        while (true)
        {
            var (calls, faults) = NumberOf(seen) == (window & NumberMask) ? (CallsOf(seen), FaultsOf(seen)) : (0, 0);
            var counted = Cell(window, Math.Min(MaxCount, calls + 1), Math.Min(MaxCount, faults + (isFault ? 1 : 0)));
            var before = Interlocked.CompareExchange(ref cell, counted, seen);
            if (before == seen)
                return;
            seen = before;
        }
    }

    /// <summary>The calls that ended lately, and those of them that failed.</summary>
    /// <param name="timestamp">Now.</param>
    public (long Calls, long Faults) Read(long timestamp)
    {
        var window = timestamp / _windowTicks;
        var (calls, faults) = (0L, 0L);
        for (var i = StripeLength; i < _cells.Length; i++)
        {
            var cell = Volatile.Read(ref _cells[i]);
            if (((window - NumberOf(cell)) & NumberMask) >= Windows)
                continue;
            calls += CallsOf(cell);
            faults += FaultsOf(cell);
        }

        return (calls, faults);
    }

    /// <summary>Forgets them all.</summary>
    public void Clear()
    {
        for (var i = 0; i < _cells.Length; i++)
            Volatile.Write(ref _cells[i], 0);
    }

    private static long Cell(long window, long calls, long faults) =>
        (window & NumberMask) << (2 * CountBits) | calls << CountBits | faults;

    private static long NumberOf(long cell) => (long)((ulong)cell >> (2 * CountBits));

    private static long CallsOf(long cell) => cell >> CountBits & MaxCount;

    private static long FaultsOf(long cell) => cell & MaxCount;
}
