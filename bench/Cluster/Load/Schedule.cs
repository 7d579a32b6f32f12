namespace OrleansLimiter.ClusterBench.Load;

/// <summary>
/// When each request is due, in microseconds from the start of the measured time, whatever became of those before it. The
/// first ones are due earlier and warm up.
/// </summary>
internal sealed class Schedule(int rate, int warmUpSeconds, int seconds)
{
    public int WarmUp { get; } = rate * warmUpSeconds;

    public int Count { get; } = rate * (warmUpSeconds + seconds);

    public long Due(int request) => (request - (long)WarmUp) * 1_000_000 / rate;
}
