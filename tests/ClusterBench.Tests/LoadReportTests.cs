using OrleansLimiter.ClusterBench.Http;
using OrleansLimiter.ClusterBench.Load;
using OrleansLimiter.ClusterBench.Report;

namespace OrleansLimiter.ClusterBench.Tests;

/// <summary>The figures of small runs that can be worked out by hand.</summary>
public class LoadReportTests
{
    private const long Second = 1_000_000;
    private const long Timeout = 10 * Second;

    private static readonly DateTimeOffset Start = DateTimeOffset.FromUnixTimeMilliseconds(1_795_308_217_408);

    [Fact]
    public void Requests_are_due_at_the_rate_from_the_start_and_the_warm_up_before_it()
    {
        var schedule = new Schedule(rate: 2000, warmUpSeconds: 1, seconds: 3);

        Assert.Equal((2000, 8000), (schedule.WarmUp, schedule.Count));
        Assert.Equal(-Second, schedule.Due(0));
        Assert.Equal(0, schedule.Due(schedule.WarmUp));
        for (var second = -1; second < 3; second++)
            Assert.Equal(2000, Enumerable.Range(0, schedule.Count)
                .Count(i => schedule.Due(i) >= second * Second && schedule.Due(i) < (second + 1) * Second));
        Assert.Equal(2, Enumerable.Range(0, schedule.Count).Count(i => schedule.Due(i) == 5000));
    }

    [Fact]
    public void Percentiles_are_by_nearest_rank()
    {
        Assert.Equal(new LatencySummary(5, 9.9, 9.99, 9.999, 10),
            LatencySummary.Of(Enumerable.Range(1, 10_000).Select(i => (long)i).Reverse()));
        Assert.Equal(new LatencySummary(0.001, 0.002, 0.002, 0.002, 0.002), LatencySummary.Of([2, 1]));
        Assert.Null(LatencySummary.Of([]));
    }

    [Fact]
    public void A_stall_is_charged_from_when_a_request_was_due_and_a_fast_failure_as_the_time_limit()
    {
        var late = new Outcome(
            Due: 0, Sent: Second, Done: Second + 100, Key: 0, Status: 200, Failure.None, AnswerSource.Cluster, Admitted: 1);

        Assert.Equal(Second + 100, LoadReport.Latency(late, Timeout));
        Assert.Equal(Timeout, LoadReport.Latency(late with { Done = 5, Status = 0, Failure = Failure.NotConnected }, Timeout));
    }

    [Fact]
    public void Each_answer_is_counted_once_and_by_its_kind()
    {
        var totals = Totals.Of([Decided(0, AnswerSource.Cluster), Decided(1, AnswerSource.Local, status: 429), Answered(2, 503),
            Answered(3, 404), Failed(4, Failure.Reset)]);

        Assert.Equal((5, 1, 1, 2), (totals.Requests, totals.Admitted200, totals.Refused429, totals.Errors));
        Assert.Equal([new("http 503", 1), new("reset", 1)], totals.ErrorsByKind);
        Assert.Equal([new("http 404", 1)], totals.OtherStatuses);
        Assert.Equal([new("cluster", 1), new("local", 1)], totals.Sources);
    }

    [Fact]
    public void Answered_in_time_means_decided_in_time()
    {
        var within = LoadReport.Within.Of(
            250, [Decided(0, AnswerSource.Cluster, latency: 250_000), Decided(0, AnswerSource.Cluster, latency: 250_001), Answered(0, 503),
            Failed(0, Failure.Closed)]);

        Assert.Equal((1, 25.0), (within.Requests, within.Percent));
    }

    [Fact]
    public void After_a_mark_local_answers_are_timed_until_the_next_mark()
    {
        Outcome[] outcomes =
        [
            Decided(1 * Second, AnswerSource.Local, key: 9), // before any mark
            Decided(2 * Second, AnswerSource.Cluster, key: 1),
            Decided((2 * Second) + 500_000, AnswerSource.Local, key: 2),
            Decided(6 * Second, AnswerSource.Local, key: 3),
            Decided(6 * Second, AnswerSource.Local, key: 3),
            Failed(7 * Second, Failure.TimedOut),
            Decided(8 * Second, AnswerSource.Cluster, key: 2),
        ];

        var marks = AfterMark.All(outcomes, [At(8, "silos-ready"), At(2, "kill-both")], Start, settle: 3 * Second, Timeout);

        Assert.Equal(["kill-both", "silos-ready"], marks.Select(mark => mark.Name));
        Assert.Equal((2, 6, 500, 4000), (marks[0].AtSeconds, marks[0].ForSeconds, marks[0].FirstLocalMs, marks[0].LastLocalMs));
        Assert.Equal((3, 2, 1, 1), (marks[0].LocalAnswers, marks[0].KeysLocal, marks[0].KeysLocalLate, marks[0].Errors));
        Assert.Equal([3], marks[0].LateKeys);
        Assert.Equal((null, null, 0, 0), (marks[1].FirstLocalMs, marks[1].LastLocalMs, marks[1].LocalAnswers, marks[1].KeysLocalLate));
    }

    [Fact]
    public void A_recovery_is_the_last_local_answer_before_whole_seconds_without_any()
    {
        Outcome[] outcomes =
        [
            Decided(0, AnswerSource.Cluster),
            Decided(1_200_000, AnswerSource.Local),
            Decided(2_300_000, AnswerSource.Local),
            Decided(2_400_000, AnswerSource.Cluster),
            Decided(3_100_000, AnswerSource.Cluster),
            Decided(4_100_000, AnswerSource.Cluster),
            Failed(5_100_000, Failure.Reset),
            Decided(6_100_000, AnswerSource.Cluster),
        ];

        var recoveries = Recovery.All(Report.Second.Timeline(outcomes, Timeout), outcomes, Start);

        Assert.Equal([new(2.3, Start.ToUnixTimeMilliseconds() + 2300, 2), new(2.3, Start.ToUnixTimeMilliseconds() + 2300, 1)], recoveries);
    }

    [Fact]
    public void Each_second_of_the_timeline_counts_what_ended_in_it()
    {
        var timeline = Report.Second.Timeline(
            [Decided(100, AnswerSource.Local, status: 429, latency: 2_000_000), Failed(2_100_000, Failure.Reset)], Timeout);

        Assert.Equal([0, 0, 1], timeline.Select(second => second.Local));
        Assert.Equal([0, 0, 1], timeline.Select(second => second.Refused429));
        Assert.Equal([0, 0, 2], timeline.Select(second => second.Done));
        Assert.Equal([null, null, 10_000], timeline.Select(second => second.P99Ms));
    }

    [Fact]
    public void What_was_admitted_for_certain_lies_between_the_sending_and_the_answer()
    {
        // Two charges whose answers are less than a window apart, of which the first may have been decided long before its answer.
        Outcome[] outcomes = [Charged(due: 0, done: 900_000), Charged(due: 1_200_000, done: 1_300_000)];

        var windows = WindowReport.Of(outcomes, seconds: 1);

        Assert.Equal((2, 1, 1), (windows.ByReceived.Permits, windows.ByDue.Permits, windows.Certain.Permits));
        Assert.Equal([new("cluster", 2)], windows.ByReceived.BySource);
    }

    [Fact]
    public void Each_source_has_its_own_greatest_window()
    {
        Outcome[] outcomes =
        [
            Decided(0, AnswerSource.Cluster), Decided(1, AnswerSource.Cluster), Decided(2, AnswerSource.Local),
                Decided(1_000_003, AnswerSource.Local, key: 1),
            Decided(1_000_004, AnswerSource.Local, key: 1), Decided(1_000_005, AnswerSource.Local, key: 1),
                Decided(9, AnswerSource.Local, status: 429),
        ];

        Assert.Equal([new("cluster", 2), new("local", 3)], WindowReport.Of(outcomes, seconds: 1).OfEachSource);
    }

    private static Mark At(int second, string name) => new(Start.AddSeconds(second).ToUnixTimeMilliseconds(), name);

    private static Outcome Charged(long due, long done) => new(due, due, done, 0, 200, Failure.None, AnswerSource.Cluster, Admitted: 1);

    private static Outcome Decided(long due, AnswerSource source, int key = 0, short status = 200, long latency = 0) =>
        new(due, due, due + latency, key, status, Failure.None, source, Admitted: status == 200 ? 1 : 0);

    private static Outcome Answered(long at, short status) => new(at, at, at, 0, status, Failure.None, AnswerSource.None, Admitted: 0);

    private static Outcome Failed(long at, Failure failure) => new(at, at, at, 0, 0, failure, AnswerSource.None, Admitted: 0);
}
