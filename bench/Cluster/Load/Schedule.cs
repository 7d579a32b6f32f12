namespace OrleansLimiter.ClusterBench.Load;

/// <summary>
/// When each request is due, in microseconds from the start of the measured time, whatever became of those before it. Those of one
/// millisecond are due at its beginning: to wake once for them costs less than to wake for each. The first ones are due before
/// the start, and warm up.
/// </summary>
internal sealed class Schedule(int rate, int warmUpSeconds, int seconds)
{
    public int WarmUp { get; } = rate * warmUpSeconds;

    public int Count { get; } = rate * (warmUpSeconds + seconds);

    public long Due(int request) => (((long)request * 1000 / rate) - (1000L * warmUpSeconds)) * 1000;
}
