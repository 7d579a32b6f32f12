using OrleansLimiter.ClusterBench.Http;
using OrleansLimiter.ClusterBench.Load;

namespace OrleansLimiter.ClusterBench.Report;

/// <summary>All figures of one run; the README says what each means.</summary>
internal sealed record LoadReport(
    LoadOptions Options,
    long StartedUnixMs,
    Totals Totals,
    LatencySummary? LatencyMs,
    IReadOnlyList<LoadReport.Within> AnsweredWithin,
    WindowReport AdmittedInAnyWindow,
    IReadOnlyList<AfterMark> Marks,
    IReadOnlyList<Recovery> Recoveries,
    Generation Generator,
    IReadOnlyList<Second> Timeline)
{
    public static LoadReport Of(LoadOptions options, DateTimeOffset startedAt, Outcome[] outcomes, IEnumerable<Mark> marks,
        Func<LatencySummary?, Generation> generation)
    {
        var timeout = options.TimeoutSeconds * 1_000_000L;
        var timeline = Second.Timeline(outcomes, timeout);
        return new LoadReport(
            options,
            startedAt.ToUnixTimeMilliseconds(),
            Totals.Of(outcomes),
            LatencySummary.Of(outcomes.Select(outcome => Latency(outcome, timeout))),
            [.. options.WithinMs.Select(ms => Within.Of(ms, outcomes))],
            WindowReport.Of(outcomes, options.WindowSeconds),
            AfterMark.All(outcomes, marks, startedAt, options.SettleMs * 1000L, timeout),
            Recovery.All(timeline, outcomes, startedAt),
            generation(LatencySummary.Of(outcomes.Select(outcome => outcome.Sent - outcome.Due))),
            timeline);
    }

    /// <summary>
    /// From when it was due to the whole answer. Without an answer it counts as the time limit: to fail fast is not to be fast.
    /// </summary>
    public static long Latency(Outcome outcome, long timeout) => outcome.Failure == Failure.None ? outcome.Done - outcome.Due : timeout;

    /// <summary>How many of all requests were decided (200 or 429) in time.</summary>
    internal sealed record Within(int Ms, int Requests, double Percent)
    {
        public static Within Of(int ms, Outcome[] outcomes)
        {
            var inTime = outcomes.Count(outcome => outcome.IsDecided && outcome.Done - outcome.Due <= ms * 1000L);
            return new Within(ms, inTime, Math.Round(100.0 * inTime / outcomes.Length, 4));
        }
    }
}
