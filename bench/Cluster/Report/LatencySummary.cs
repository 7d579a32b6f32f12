namespace OrleansLimiter.ClusterBench.Report;

/// <summary>Percentiles by nearest rank, in milliseconds; null of nothing.</summary>
internal sealed record LatencySummary(double P50, double P99, double P999, double P9999, double Max)
{
    public static LatencySummary? Of(IEnumerable<long> microseconds)
    {
        var sorted = microseconds.ToArray();
        Array.Sort(sorted);
        return sorted.Length == 0 ? null
            : new LatencySummary(Rank(sorted, 5_000), Rank(sorted, 9_900), Rank(sorted, 9_990), Rank(sorted, 9_999), Rank(sorted, 10_000));
    }

    private static double Rank(long[] sorted, int tenThousandths) =>
        Milliseconds.Of(sorted[(int)((((long)sorted.Length * tenThousandths) + 9_999) / 10_000) - 1]);
}
