using OrleansLimiter.ClusterBench.Http;
using OrleansLimiter.ClusterBench.Load;

namespace OrleansLimiter.ClusterBench.Report;

/// <summary>Counts of what became of requests.</summary>
internal sealed record Totals(
    int Requests,
    int Admitted200,
    int Refused429,
    int Errors,
    IReadOnlyDictionary<string, int> ErrorsByKind,
    IReadOnlyDictionary<string, int> OtherStatuses,
    IReadOnlyDictionary<string, int> Sources)
{
    public static Totals Of(IReadOnlyCollection<Outcome> outcomes) => new(
        outcomes.Count,
        outcomes.Count(outcome => outcome.Status == 200),
        outcomes.Count(outcome => outcome.Status == 429),
        outcomes.Count(outcome => outcome.IsError),
        Counts(outcomes.Where(outcome => outcome.IsError)
            .Select(outcome => outcome.Failure == Failure.None ? $"http {outcome.Status}" : Words(outcome.Failure))),
        Counts(outcomes.Where(outcome => !outcome.IsError && !outcome.IsDecided).Select(outcome => $"http {outcome.Status}")),
        Counts(outcomes.Where(outcome => outcome.IsDecided).Select(outcome => Words(outcome.Source))));

    public static string Words<T>(T value) where T : struct, Enum => value.ToString().ToLowerInvariant();

    private static SortedDictionary<string, int> Counts(IEnumerable<string> names) =>
        new(names.CountBy(name => name).ToDictionary(), StringComparer.Ordinal);
}
