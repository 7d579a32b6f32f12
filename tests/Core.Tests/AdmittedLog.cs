namespace OrleansLimiter.Core.Tests;

/// <summary>What was admitted and given back, when; and the most that stands in any half-open window.</summary>
internal sealed class AdmittedLog(int size)
{
    private readonly long[] _times = new long[size];
    private readonly long[] _permits = new long[size];
    private int _count;

    /// <summary>Adds what was admitted (more than 0) or given back (less than 0). Times do not go back.</summary>
    public void Add(long time, long permits)
    {
        if (permits == 0)
            return;
        _times[_count] = time;
        _permits[_count++] = permits;
    }

    /// <summary>The largest sum of what happened within less than <paramref name="window"/>: from any event to any later one.</summary>
    public long MostInAny(long window)
    {
        var most = 0L;
        for (var last = 0; last < _count; last++)
        {
            var sum = 0L;
            for (var first = last; first >= 0 && _times[last] - _times[first] < window; first--)
            {
                sum += _permits[first];
                most = Math.Max(most, sum);
            }
        }

        return most;
    }
}
