using OrleansLimiter.ClusterBench.Http;
using OrleansLimiter.ClusterBench.Load;

namespace OrleansLimiter.ClusterBench.Report;

/// <summary>
/// What was seen in one second, counted from the start: how many requests were answered, or given up, in it, and how many of them
/// each source decided. The seconds after the last due time are there too.
/// </summary>
internal sealed record Second(
    int At, int Done, int Memory, int Cluster, int Redis, int Lease, int Local, int Refused429, int Errors, double? P99Ms)
{
    public static IReadOnlyList<Second> Timeline(IReadOnlyCollection<Outcome> outcomes, long timeout)
    {
        var bySecond = outcomes.ToLookup(outcome => (int)(outcome.Done / 1_000_000));
        return [.. Enumerable.Range(0, 1 + bySecond.Max(second => second.Key)).Select(at => Of(at, [.. bySecond[at]], timeout))];
    }

    private static Second Of(int at, Outcome[] outcomes, long timeout)
    {
        int From(AnswerSource source) => outcomes.Count(outcome => outcome.IsDecided && outcome.Source == source);
        return new Second(at, outcomes.Length, From(AnswerSource.Memory), From(AnswerSource.Cluster), From(AnswerSource.Redis),
            From(AnswerSource.Lease),
            From(AnswerSource.Local), outcomes.Count(outcome => outcome.Status == 429), outcomes.Count(outcome => outcome.IsError),
            LatencySummary.Of(outcomes.Select(outcome => LoadReport.Latency(outcome, timeout)))?.P99);
    }
}
