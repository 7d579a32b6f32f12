using OrleansLimiter.ClusterBench.Load;

namespace OrleansLimiter.ClusterBench.Report;

/// <summary>
/// What the keys were admitted at most in any window, by three readings of when an admission happened, and by each source alone, for
/// certain.
/// </summary>
internal sealed record WindowReport(
    int Seconds, WindowReport.Reading ByReceived, WindowReport.Reading ByDue, WindowReport.Reading Certain,
    IReadOnlyDictionary<string, long> OfEachSource, IReadOnlyList<WindowReport.OfKey> Keys)
{
    public static WindowReport Of(IReadOnlyCollection<Outcome> outcomes, int seconds)
    {
        var window = seconds * 1_000_000L;
        var keys = outcomes.Where(outcome => outcome.Admitted > 0).GroupBy(outcome => outcome.Key).OrderBy(key => key.Key).Select(key => (
            Key: key.Key,
            Received: WindowMaximum.Of([.. key.Select(one => new Admission(one.Done, one.Done, one.Admitted, one.Source))], window),
            Due: WindowMaximum.Of([.. key.Select(one => new Admission(one.Due, one.Due, one.Admitted, one.Source))], window),
            Certain: WindowMaximum.Of([.. key.Select(one => new Admission(one.Sent, one.Done, one.Admitted, one.Source))], window)))
                .ToArray();
        return new WindowReport(
            seconds,
            Reading.Of(keys.Select(key => (key.Key, key.Received))),
            Reading.Of(keys.Select(key => (key.Key, key.Due))),
            Reading.Of(keys.Select(key => (key.Key, key.Certain))),
            outcomes.Where(outcome => outcome.Admitted > 0).GroupBy(outcome => outcome.Source).OrderBy(source => source.Key).ToDictionary(
                source => Totals.Words(source.Key),
                source => source.GroupBy(one => one.Key)
                    .Max(key => WindowMaximum.Of([.. key.Select(one => new Admission(one.Sent, one.Done, one.Admitted, one.Source))],
                    window).Permits)),
            [.. keys.Select(key => new OfKey(key.Key, key.Received.Permits, key.Due.Permits, key.Certain.Permits))]);
    }

    /// <summary>The greatest over all keys.</summary>
    /// <param name="Permits">How many permits.</param>
    /// <param name="Key">The number of the first key that reached it; null if nothing was admitted.</param>
    /// <param name="FromSeconds">Where that window begins, from the start.</param>
    /// <param name="BySource">Who admitted them.</param>
    internal sealed record Reading(long Permits, int? Key, double FromSeconds, IReadOnlyDictionary<string, long> BySource)
    {
        public static Reading Of(IEnumerable<(int Key, WindowMaximum Maximum)> keys)
        {
            var (key, maximum) = keys.MaxBy(key => key.Maximum.Permits);
            return maximum is null
                ? new Reading(0, null, 0, new Dictionary<string, long>())
                : new Reading(maximum.Permits, key, Math.Round(maximum.From / 1e6, 3),
                    maximum.BySource.ToDictionary(source => Totals.Words(source.Key), source => source.Value));
        }
    }

    /// <summary>One key's maxima.</summary>
    internal sealed record OfKey(int Key, long ByReceived, long ByDue, long Certain);
}
