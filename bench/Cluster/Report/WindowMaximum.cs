using OrleansLimiter.ClusterBench.Http;

namespace OrleansLimiter.ClusterBench.Report;

/// <summary>The most permits that lie wholly in one half-open window, anywhere.</summary>
/// <param name="Permits">How many.</param>
/// <param name="From">Where a window with so many begins.</param>
/// <param name="BySource">How many of them each source admitted.</param>
internal sealed record WindowMaximum(long Permits, long From, IReadOnlyDictionary<AnswerSource, long> BySource)
{
    /// <summary>Exact: some best window begins where an admission does, so those are tried, in order.</summary>
    public static WindowMaximum Of(IReadOnlyList<Admission> admissions, long window)
    {
        int[] byFrom = [.. Enumerable.Range(0, admissions.Count).OrderBy(i => admissions[i].From)];
        int[] byTo = [.. Enumerable.Range(0, admissions.Count).OrderBy(i => admissions[i].To)];
        var inside = new bool[admissions.Count];
        var bySource = new long[AnswerSources.All.Length];
        var best = new long[bySource.Length];
        long permits = 0, most = 0, from = 0;
        var entering = 0;
        foreach (var first in byFrom)
        {
            var start = admissions[first].From;
            for (; entering < byTo.Length && admissions[byTo[entering]].To < start + window; entering++)
            {
                if (admissions[byTo[entering]].From >= start)
                    Count(byTo[entering], 1);
            }

            if (permits > most)
            {
                (most, from) = (permits, start);
                bySource.CopyTo(best, 0);
            }

            if (inside[first])
                Count(first, -1);
        }

        return new WindowMaximum(most, from, AnswerSources.All.Where(source => best[(int)source] > 0)
            .ToDictionary(source => source, source => best[(int)source]));

        void Count(int i, int sign)
        {
            inside[i] = sign > 0;
            permits += sign * admissions[i].Permits;
            bySource[(int)admissions[i].Source] += sign * admissions[i].Permits;
        }
    }
}
