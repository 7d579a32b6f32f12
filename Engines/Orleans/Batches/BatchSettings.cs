using OrleansLimiter.Engines.Orleans.Connecting;

namespace OrleansLimiter.Engines.Orleans.Batches;

/// <summary>When requests travel together.</summary>
internal sealed record BatchSettings
{
    /// <summary>
    /// How many calls to a silo may be under way, with no batch beside them, before others gather. 0 has even the first travel in a batch,
    /// for tests. Default 4.
    /// </summary>
    public int CallsAlone { get; init; } = 4;

    /// <summary>The fewest that travel together: fewer go alone. At least 1, for tests; default 2.</summary>
    public int Least { get; init; } = 2;

    /// <summary>The most that travel together: so many wait for nobody. Default 64, and no more.</summary>
    public int Most { get; init; } = 64;

    /// <summary>
    /// A silo that has answered no batch for so long, with one under way, is not waited for: requests go alone until it does. Default 100
    /// ms.
    /// </summary>
    public TimeSpan Late { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// How long an answer to a batch is waited for: as long as for one of a call that goes alone. Default
    /// <see cref="ClusterTimes.Response"/>.
    /// </summary>
    public TimeSpan Longest { get; init; } = ClusterTimes.Response;

    /// <summary>For how long a silo gets no batches after one that failed. Default 1 s.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromSeconds(1);
}
