using OrleansLimiter.ClusterBench.Http;
using OrleansLimiter.ClusterBench.Load;

namespace OrleansLimiter.ClusterBench.Report;

/// <summary>What was seen from one mark to the next, or to the end. An answer counts where it was received.</summary>
/// <param name="Name">The mark.</param>
/// <param name="AtSeconds">When, from the start.</param>
/// <param name="ForSeconds">How long until the next mark or the last answer.</param>
/// <param name="FirstLocalMs">From the mark to the first <c>local</c> answer; null without one.</param>
/// <param name="LastLocalMs">From the mark to the last <c>local</c> answer; null without one.</param>
/// <param name="LocalAnswers">How many <c>local</c> answers.</param>
/// <param name="KeysLocal">How many keys got a <c>local</c> answer.</param>
/// <param name="KeysLocalLate">How many keys got one when the settling time was over.</param>
/// <param name="Errors">5xx, and requests without an answer.</param>
/// <param name="LatencyMs">Of the requests that were due in this time.</param>
/// <param name="LateKeys">The numbers of the keys of <paramref name="KeysLocalLate"/>.</param>
internal sealed record AfterMark(
    string Name,
    double AtSeconds,
    double ForSeconds,
    double? FirstLocalMs,
    double? LastLocalMs,
    int LocalAnswers,
    int KeysLocal,
    int KeysLocalLate,
    int Errors,
    LatencySummary? LatencyMs,
    IReadOnlyList<int> LateKeys)
{
    public static IReadOnlyList<AfterMark> All(
        IReadOnlyCollection<Outcome> outcomes, IEnumerable<Mark> marks, DateTimeOffset startedAt, long settle, long timeout)
    {
        var end = outcomes.Max(outcome => outcome.Done) + 1;
        var ordered = marks.Select(mark => (mark.Name, At: Clock.Since(startedAt, mark.UnixMs))).OrderBy(mark => mark.At).ToArray();
        return [.. ordered.Select((mark, i) =>
            Of(mark.Name, mark.At, i + 1 < ordered.Length ? ordered[i + 1].At : Math.Max(end, mark.At), outcomes, settle, timeout))];
    }

    private static AfterMark Of(string name, long from, long to, IReadOnlyCollection<Outcome> outcomes, long settle, long timeout)
    {
        var seen = outcomes.Where(outcome => outcome.Done >= from && outcome.Done < to).ToArray();
        var locals = seen.Where(outcome => outcome.IsDecided && outcome.Source == AnswerSource.Local).ToArray();
        int[] late = [.. locals.Where(outcome => outcome.Done >= from + settle).Select(outcome => outcome.Key).Distinct().Order()];
        return new AfterMark(
            name,
            Math.Round(from / 1e6, 3),
            Math.Round((to - from) / 1e6, 3),
            locals.Length == 0 ? null : Milliseconds.Of(locals.Min(outcome => outcome.Done) - from),
            locals.Length == 0 ? null : Milliseconds.Of(locals.Max(outcome => outcome.Done) - from),
            locals.Length,
            locals.DistinctBy(outcome => outcome.Key).Count(),
            late.Length,
            seen.Count(outcome => outcome.IsError),
            LatencySummary.Of(outcomes.Where(outcome => outcome.Due >= from && outcome.Due < to)
                .Select(outcome => LoadReport.Latency(outcome, timeout))),
            late);
    }
}
