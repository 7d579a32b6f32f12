using System.Diagnostics;
using System.Globalization;

namespace OrleansLimiter.Benchmarks;

/// <summary>
/// The contest in half a minute: both in turn, in rounds so short that whatever else the machine does falls on both, and the median of the
/// rounds' ratios.
/// </summary>
internal static class AlternatingRounds
{
    private const int Rounds = 15;

    private static readonly TimeSpan RoundLength = TimeSpan.FromMilliseconds(250);

    public static void Print()
    {
        Console.WriteLine("| keys | threads | PartitionedRateLimiter, ns | memory engine, ns | median ratio | least | most |");
        Console.WriteLine("|---:|---:|---:|---:|---:|---:|---:|");
        foreach (var keys in new[] { 1, 100_000 })
        {
            foreach (var threads in new[] { 1, 2 })
                Print(keys, threads);
        }
    }

    private static void Print(int keys, int threads)
    {
        using var contest = new Contest(keys, threads);
        NanosecondsOf(contest.AskPartitioned);
        NanosecondsOf(contest.AskEngine);
        var rounds = new (double Yardstick, double Engine)[Rounds];
        for (var i = 0; i < Rounds; i++)
        {
            var yardstick = NanosecondsOf(contest.AskPartitioned);
            rounds[i] = (yardstick, NanosecondsOf(contest.AskEngine));
        }

        var (yardsticks, engines) = (Median(rounds.Select(round => round.Yardstick)), Median(rounds.Select(round => round.Engine)));
        var ratios = rounds.Select(round => round.Yardstick / round.Engine).Order().ToArray();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {keys:N0} | {threads} | {yardsticks:F0} | {engines:F0} | {Median(ratios):F2} | {ratios[0]:F2} | {ratios[^1]:F2} |"));
    }

    /// <summary>The time of one decision of one thread.</summary>
    private static double NanosecondsOf(Action ask)
    {
        var start = Stopwatch.GetTimestamp();
        var asked = 0L;
        do
        {
            ask();
            asked += Contest.DecisionsPerThread;
        }
        while (Stopwatch.GetElapsedTime(start) < RoundLength);
        return Stopwatch.GetElapsedTime(start).TotalNanoseconds / asked;
    }

    private static double Median(IEnumerable<double> values) => values.Order().ElementAt(Rounds / 2);
}
