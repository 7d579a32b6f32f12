using System.Globalization;

namespace OrleansLimiter.SaleBench.Report;

/// <summary>Percentiles of waits by nearest rank, in seconds; of nothing, all are 0.</summary>
internal sealed record Waits(int People, double P50, double P90, double P99, double Max)
{
    /// <summary>Sums waits up.</summary>
    public static Waits Of(IEnumerable<long> microseconds)
    {
        var sorted = microseconds.Order().ToArray();
        return sorted.Length == 0
            ? new Waits(0, 0, 0, 0, 0)
            : new Waits(sorted.Length, Rank(sorted, 50), Rank(sorted, 90), Rank(sorted, 99), Rank(sorted, 100));
    }

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{P50:0.0} / {P90:0.0} / {P99:0.0} / {Max:0.0} s of {People}");

    private static double Rank(long[] sorted, int percent) => sorted[(((sorted.Length * percent) + 99) / 100) - 1] / 1e6;
}
