using OrleansLimiter.ClusterBench.Http;
using OrleansLimiter.ClusterBench.Load;

namespace OrleansLimiter.ClusterBench.Report;

/// <summary>The end of a time in which the local engine answered: its last answer before whole seconds without any.</summary>
/// <param name="LastLocalSeconds">The last <c>local</c> answer, in seconds from the start.</param>
/// <param name="LastLocalUnixMs">The same by the wall clock.</param>
/// <param name="ThenWholeSeconds">How many seconds followed in which everything was decided, and nothing locally.</param>
internal sealed record Recovery(double LastLocalSeconds, long LastLocalUnixMs, int ThenWholeSeconds)
{
    public static IReadOnlyList<Recovery> All(
        IReadOnlyList<Second> timeline, IReadOnlyCollection<Outcome> outcomes, DateTimeOffset startedAt)
    {
        var locals = outcomes.Where(outcome => outcome.IsDecided && outcome.Source == AnswerSource.Local).Select(outcome => outcome.Done)
            .Order().ToArray();
        var recoveries = new List<Recovery>();
        for (var at = 0; at < timeline.Count; at++)
        {
            if (!IsHome(timeline[at]) || (at > 0 && IsHome(timeline[at - 1])))
                continue;
            var seconds = timeline.Skip(at).TakeWhile(IsHome).Count();
            var before = Array.FindLast(locals, done => done < at * 1_000_000L);
            if (before > 0)
                recoveries.Add(new Recovery(
                    Math.Round(before / 1e6, 3), startedAt.AddMicroseconds(before).ToUnixTimeMilliseconds(), seconds));
        }

        return recoveries;
    }

    private static bool IsHome(Second second) => second.Done > 0 && second.Local == 0 && second.Errors == 0;
}
