namespace OrleansLimiter.ClusterBench.Report;

/// <summary>Times are measured in microseconds and told in milliseconds.</summary>
internal static class Milliseconds
{
    public static double Of(long microseconds) => Math.Round(microseconds / 1000.0, 3);
}
