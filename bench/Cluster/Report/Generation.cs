namespace OrleansLimiter.ClusterBench.Report;

/// <summary>How the generator itself did: what it cost, and how late it was by its own doing.</summary>
/// <param name="CpuSeconds">Of its process, in the measured time.</param>
/// <param name="CpuPercentOfOneCore">The same as a share of that time.</param>
/// <param name="ConnectionsOpened">The most connections at once.</param>
/// <param name="MostWaiting">The most requests that waited for a connection at once.</param>
/// <param name="SentLateMs">From when a request was due to when a connection took it; it is part of its latency.</param>
internal sealed record Generation(
    double CpuSeconds, double CpuPercentOfOneCore, int ConnectionsOpened, int MostWaiting, LatencySummary? SentLateMs);
