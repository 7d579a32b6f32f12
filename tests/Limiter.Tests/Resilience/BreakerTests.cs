using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Limiter.Tests.Resilience;

public class BreakerTests
{
    private const int Calls = 10_000;
    private const string Transitions = "orleanslimiter.breaker.transitions";
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(1_500);

    [Fact]
    public async Task Faults_of_four_fifths_of_the_calls_open_it_and_nothing_is_sent_while_it_is_open()
    {
        using var stack = Quiet();
        stack.Remote.Link = FakeRemote.Away;
        for (var i = 0; i < 20; i++)
            Assert.Equal("local", (await stack.Ask("unlimited-bench")).Source);
        Assert.Equal(20, stack.Remote.Sent.Count);
        for (var i = 0; i < 50; i++)
            Assert.Equal("local", (await stack.Ask("unlimited-bench")).Source);
        Assert.Equal(20, stack.Remote.Sent.Count);
        Assert.Equal(["1 engine=cluster scope=engine state=open"], stack.Measured(Transitions));
        Assert.Equal(
            ["Warning BreakerOpened: The engine cluster is not asked for a while: too many of its calls failed or were late. Policies answer locally, allow or deny."],
            stack.Logger.Lines);
    }

    [Fact]
    public async Task An_engine_that_stays_away_is_told_of_once_and_again_when_it_is_back()
    {
        using var stack = Quiet();
        stack.Remote.Link = FakeRemote.Away;
        await stack.OpenTheBreaker();
        for (var i = 0; i < 3; i++)
        {
            stack.Time.Advance(LongestPause);
            Assert.Equal("local", (await stack.Ask("unlimited-bench")).Source);
        }

        Assert.Equal(7, stack.Measured(Transitions).Length);
        stack.Remote.Link = stack.Remote.Up;
        stack.Time.Advance(LongestPause);
        Assert.Equal("cluster", (await stack.Ask("unlimited-bench")).Source);
        Assert.Equal(
            ["Warning BreakerOpened", "Information BreakerClosed"],
            stack.Logger.Lines.Where(line => !line.StartsWith("Debug ", StringComparison.Ordinal)).Select(line => line[..line.IndexOf(':', StringComparison.Ordinal)]));
    }

    [Fact]
    public async Task Whether_a_breaker_is_open_now_can_be_read_at_any_time()
    {
        const string Open = "orleanslimiter.breaker.open";
        using var stack = Quiet();
        Assert.Equal(["0 engine=cluster scope=engine", "0 engine=cluster scope=partition"], stack.Observed(Open));
        stack.Remote.Link = FakeRemote.Away;
        await stack.OpenTheBreaker();
        Assert.Equal(["1 engine=cluster scope=engine", "0 engine=cluster scope=partition"], stack.Observed(Open));

        stack.Remote.Link = stack.Remote.Up;
        stack.Time.Advance(LongestPause);
        await stack.Ask("unlimited-bench");
        Assert.Equal(["0 engine=cluster scope=engine", "0 engine=cluster scope=partition"], stack.Observed(Open));
    }

    [Theory]
    [InlineData(5, true)]
    [InlineData(4, false)]
    public async Task The_share_of_faults_counts_and_not_their_number(int every, bool opens)
    {
        // Of 20 calls 4 or 5 succeed: 16 faults are four fifths, 15 are not.
        using var stack = Quiet();
        for (var i = 0; i < 20; i++)
        {
            stack.Remote.Link = i % every == 0 ? stack.Remote.Up : FakeRemote.Away;
            await stack.Ask("unlimited-bench");
        }

        Assert.Equal(opens ? 1 : 0, stack.Measured(Transitions).Length);
    }

    [Fact]
    public async Task Fewer_calls_than_the_least_do_not_open_it()
    {
        using var stack = Quiet();
        stack.Remote.Link = FakeRemote.Away;
        for (var i = 0; i < 19; i++)
            await stack.Ask("unlimited-bench");
        stack.Time.Advance(TimeSpan.FromSeconds(2));
        for (var i = 0; i < 19; i++)
            await stack.Ask("unlimited-bench");
        Assert.Empty(stack.Measured(Transitions));
    }

    [Fact]
    public async Task An_engine_that_says_it_is_overloaded_is_asked_about_other_keys_all_the_same()
    {
        using var stack = Quiet();
        stack.Remote.Link = (_, _) => new(EngineReply.Failed(EngineFault.Overloaded));
        for (var i = 0; i < 100; i++)
            Assert.Equal("local", (await stack.Ask("unlimited-bench")).Source);
        Assert.Equal(100, stack.Remote.Sent.Count);
        Assert.Empty(stack.Measured(Transitions));
    }

    [Fact]
    public async Task An_engine_that_says_it_is_back_is_asked_at_once_and_if_it_answers_by_everybody()
    {
        using var stack = Quiet();
        stack.Remote.Link = FakeRemote.Away;
        await stack.OpenTheBreaker();
        stack.Remote.Link = stack.Remote.Up;
        var sent = stack.Remote.Sent.Count;
        stack.Remote.SayBack();
        await stack.Engine.LastLook;
        Assert.Equal(Operation.Peek, Assert.Single(stack.Remote.Sent.Skip(sent)).Operation);
        Assert.Equal("cluster", (await stack.Ask()).Source);
        Assert.Equal(["1 engine=cluster scope=engine state=open", "1 engine=cluster scope=engine state=closed"], stack.Measured(Transitions));
    }

    [Fact]
    public async Task An_engine_that_says_it_is_back_and_does_not_answer_yet_is_asked_again_soon()
    {
        using var stack = Quiet();
        stack.Remote.Link = FakeRemote.Away;
        await stack.OpenTheBreaker();
        stack.Remote.SayBack();
        stack.Remote.Link = stack.Remote.Up;
        Assert.Equal("local", (await stack.Ask()).Source);
        stack.Time.Advance(BreakerEngine.BetweenLooks);
        await stack.Engine.LastLook;
        Assert.Equal("cluster", (await stack.Ask()).Source);
    }

    [Fact]
    public async Task An_engine_that_says_it_is_back_and_never_answers_is_left_to_the_breaker_after_a_while()
    {
        using var stack = Quiet();
        stack.Remote.Link = FakeRemote.Away;
        await stack.OpenTheBreaker();
        var sent = stack.Remote.Sent.Count;
        stack.Remote.SayBack();
        stack.Remote.SayBack();
        while (!stack.Engine.LastLook.IsCompleted)
        {
            stack.Time.Advance(BreakerEngine.BetweenLooks);
            await Task.Yield();
        }

        Assert.Equal(BreakerEngine.MostLooks, stack.Remote.Sent.Count - sent);
        Assert.Equal(["1 engine=cluster scope=engine state=open"], stack.Measured(Transitions));
    }

    [Fact]
    public async Task Nobody_looks_at_an_engine_for_a_front_end_that_has_ended()
    {
        using var stack = Quiet();
        stack.Remote.Link = FakeRemote.Away;
        await stack.OpenTheBreaker();
        var sent = stack.Remote.Sent.Count;
        stack.Remote.SayBack();
        stack.Engine.Dispose();
        await stack.Engine.LastLook;
        stack.Remote.SayBack();
        Assert.Equal(sent + 1, stack.Remote.Sent.Count);
    }

    [Fact]
    public async Task An_engine_that_was_never_left_alone_is_not_asked_when_it_says_it_is_back()
    {
        using var stack = Quiet();
        stack.Remote.SayBack();
        await stack.Engine.LastLook;
        Assert.Empty(stack.Remote.Sent);
        Assert.Empty(stack.Measured(Transitions));
    }

    [Fact]
    public async Task Missed_deadlines_open_it()
    {
        using var stack = Quiet();
        stack.Remote.Link = FakeRemote.Frozen;
        for (var i = 0; i < 20; i++)
        {
            var asking = stack.Ask("unlimited-bench");
            stack.Time.Advance(TimeSpan.FromMilliseconds(50));
            Assert.False(asking.IsCompleted);
            stack.Time.Advance(TimeSpan.FromMilliseconds(100));
            Assert.Equal("local", (await asking).Source);
            if (stack.Measured(Transitions).Length > 0)
                break;
        }

        // The window of 2 s holds no 20 calls of 150 ms one after another; at once it does.
        Assert.Empty(stack.Measured(Transitions));
        var together = Enumerable.Range(0, 20).Select(_ => stack.Ask("unlimited-bench")).ToArray();
        stack.Time.Advance(TimeSpan.FromMilliseconds(150));
        await Task.WhenAll(together);
        Assert.Equal(["1 engine=cluster scope=engine state=open"], stack.Measured(Transitions));
    }

    [Fact]
    public async Task Refusals_and_callers_mistakes_do_not_open_it()
    {
        using var stack = Quiet();
        for (var i = 0; i < 100; i++)
            await stack.Ask("exact-fixed-window", permits: 60);
        Assert.Equal(1, stack.Remote.Sent.Count - 99);
        await stack.Ask("exact-fixed-window", permits: 1, id: "a");
        for (var i = 0; i < 100; i++)
            Assert.Equal(LimitAnswerKind.Invalid, (await stack.Ask("exact-fixed-window", permits: 2, id: "a")).Kind);
        stack.Remote.Link = (_, _) => new(EngineReply.Failed(EngineFault.KeyTableFull));
        for (var i = 0; i < 100; i++)
            Assert.Equal((EngineFaultKind.KeyTableFull, "cluster"), ((await stack.Ask()).Fault.Kind, "cluster"));
        Assert.Empty(stack.Measured(Transitions));
        Assert.Equal(0, stack.Local.Asked);
    }

    [Fact]
    public async Task Callers_who_go_away_neither_open_it_nor_hide_faults()
    {
        using var stack = Quiet();
        using var caller = new CancellationTokenSource();
        stack.Remote.Link = FakeRemote.Frozen;
        var request = new LimitRequest(SubjectKey.Of(KeyScope.Of("t", "unlimited-bench"), "a"), stack.Settings.Policy("default").SpecFor("free"), Operation.Acquire, Permits.One);
        var gone = Enumerable.Range(0, 1_000).Select(_ => stack.Engine.ExecuteAsync(request, caller.Token).AsTask()).ToArray();
        await caller.CancelAsync();
        foreach (var asking in gone)
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        Assert.Empty(stack.Measured(Transitions));

        stack.Remote.Link = FakeRemote.Away;
        await stack.OpenTheBreaker();
        Assert.Single(stack.Measured(Transitions));
    }

    [Fact]
    public async Task One_probe_after_the_pause_closes_it_when_the_engine_answers()
    {
        using var stack = Quiet();
        stack.Remote.Link = FakeRemote.Away;
        await stack.OpenTheBreaker();
        stack.Remote.Link = stack.Remote.Up;
        stack.Time.Advance(TimeSpan.FromSeconds(1) - TimeSpan.FromTicks(1));
        Assert.Equal("local", (await stack.Ask()).Source);
        stack.Time.Advance(LongestPause - TimeSpan.FromSeconds(1));
        Assert.Equal("cluster", (await stack.Ask()).Source);
        for (var i = 0; i < 9; i++)
            Assert.Equal("cluster", (await stack.Ask()).Source);
        Assert.Equal(
            ["1 engine=cluster scope=engine state=open", "1 engine=cluster scope=engine state=half_open", "1 engine=cluster scope=engine state=closed"],
            stack.Measured(Transitions));
        Assert.Equal(
            ["Debug BreakerHalfOpen: One call sees whether the engine cluster is back.", "Information BreakerClosed: The engine cluster answers again."],
            stack.Logger.Lines[1..]);
    }

    [Fact]
    public async Task While_the_probe_is_under_way_nothing_else_is_sent_and_a_fault_opens_it_again()
    {
        using var stack = Quiet();
        stack.Remote.Link = FakeRemote.Away;
        await stack.OpenTheBreaker();
        stack.Time.Advance(LongestPause);
        var probe = new TaskCompletionSource<EngineReply>();
        var reached = new TaskCompletionSource();
        stack.Remote.Link = (_, _) =>
        {
            reached.SetResult();
            return new(probe.Task);
        };
        var sent = stack.Remote.Sent.Count;
        var probing = stack.Ask();
        await Task.WhenAny(reached.Task, probing);
        Assert.True(reached.Task.IsCompleted);
        for (var i = 0; i < 5; i++)
            Assert.Equal("local", (await stack.Ask()).Source);
        Assert.Equal(sent + 1, stack.Remote.Sent.Count);
        probe.SetResult(EngineReply.Failed(EngineFault.Unavailable));
        Assert.Equal("local", (await probing).Source);
        stack.Remote.Link = stack.Remote.Up;
        Assert.Equal("local", (await stack.Ask()).Source);
        Assert.Equal(sent + 1, stack.Remote.Sent.Count);
        stack.Time.Advance(LongestPause);
        Assert.Equal("cluster", (await stack.Ask("unlimited-bench")).Source);
    }

    [Fact]
    public async Task A_prober_who_goes_away_does_not_end_the_probe()
    {
        using var stack = Quiet();
        stack.Remote.Link = FakeRemote.Away;
        await stack.OpenTheBreaker();
        stack.Time.Advance(LongestPause);
        var answer = new TaskCompletionSource<EngineReply>();
        var reached = new TaskCompletionSource();
        stack.Remote.Link = (_, _) =>
        {
            reached.SetResult();
            return new(answer.Task);
        };
        using var caller = new CancellationTokenSource();
        var request = new LimitRequest(SubjectKey.Of(KeyScope.Of("t", "default"), "a"), stack.Settings.Policy("default").SpecFor("free"), Operation.Acquire, Permits.One);
        var probing = stack.Engine.ExecuteAsync(request, caller.Token).AsTask();
        await Task.WhenAny(reached.Task, probing);
        Assert.True(reached.Task.IsCompleted);
        await caller.CancelAsync();
        answer.SetResult(EngineReply.Decided(new Decision { Remaining = 9 }));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => probing);
        stack.Remote.Link = stack.Remote.Up;
        Assert.Equal("cluster", (await stack.Ask()).Source);
    }

    [Fact]
    public async Task A_probe_that_this_process_turns_away_itself_proves_nothing()
    {
        using var stack = new Stack(values: ("Limiter:MaxInFlight", "20"));
        stack.Remote.Link = static (_, _) => new(new TaskCompletionSource<EngineReply>().Task);
        var hanging = Enumerable.Range(0, 20).Select(_ => stack.Ask("unlimited-bench")).ToArray();
        stack.Time.Advance(TimeSpan.FromMilliseconds(150));
        await Task.WhenAll(hanging);
        stack.Time.Advance(LongestPause);

        Assert.Equal("local", (await stack.Ask()).Source);

        Assert.Equal(20, stack.Remote.Sent.Count);
        Assert.Equal(
            ["1 engine=cluster scope=engine state=open", "1 engine=cluster scope=engine state=half_open", "1 engine=cluster scope=engine state=open"],
            stack.Measured(Transitions));
    }

    [Fact]
    public async Task Pauses_differ_from_one_to_one_and_a_half_times_as_set()
    {
        using var stack = Quiet();
        stack.Remote.Link = FakeRemote.Away;
        await stack.OpenTheBreaker();
        var pauses = new List<long>();
        for (var i = 0; i < 40; i++)
        {
            var refused = await stack.Ask("exact-gcra");
            pauses.Add(refused.RetryAfter.Microseconds);
            stack.Time.Advance(TimeSpan.FromMicroseconds(refused.RetryAfter.Microseconds));
            var sent = stack.Remote.Sent.Count;
            await stack.Ask("exact-gcra");
            Assert.Equal(sent + 1, stack.Remote.Sent.Count);
        }

        Assert.All(pauses, pause => Assert.InRange(pause, 1_000_000, 1_500_000));
        Assert.True(pauses.Max() - pauses.Min() > 300_000);
        Assert.True(pauses.Distinct().Count() > 30);
    }

    [Fact]
    public async Task A_sick_partition_is_left_out_and_the_keys_of_the_others_stay_at_the_engine()
    {
        using var stack = Quiet();
        stack.Remote.Partition = subject => subject[0] - 'a';
        var up = stack.Remote.Link;
        stack.Remote.Link = (request, token) => request.Key.Subject[0] == 'a' ? FakeRemote.Away(request, token) : up(request, token);
        for (var i = 0; i < 200; i++)
        {
            Assert.Equal("local", (await stack.Ask("unlimited-bench", "a")).Source);
            Assert.Equal("cluster", (await stack.Ask("unlimited-bench", "b")).Source);
        }

        Assert.Equal(20, stack.Remote.Sent.Count(request => request.Key.Subject == "a"));
        Assert.Equal(["1 engine=cluster scope=partition state=open"], stack.Measured(Transitions));
        Assert.Equal(
            ["Warning PartitionBreakerOpened: The engine cluster is not asked through its partition 0 for a while: too many calls failed or were late. Other partitions are not affected."],
            stack.Logger.Lines);

        stack.Remote.Link = up;
        stack.Time.Advance(LongestPause);
        Assert.Equal("cluster", (await stack.Ask("unlimited-bench", "a")).Source);
        Assert.Equal("cluster", (await stack.Ask("unlimited-bench", "a")).Source);
        Assert.Equal(
            ["1 engine=cluster scope=partition state=half_open", "1 engine=cluster scope=partition state=closed"],
            stack.Measured(Transitions)[1..]);
        Assert.Equal(
            ["Debug PartitionBreakerHalfOpen: One call sees whether the partition 0 of the engine cluster is back.", "Information PartitionBreakerClosed: The engine cluster answers through its partition 0 again."],
            stack.Logger.Lines[1..]);
    }

    [Fact]
    public async Task A_sick_partition_with_nine_tenths_of_the_calls_is_left_out_before_it_sends_everybody_home()
    {
        using var stack = Quiet();
        stack.Remote.Partition = subject => subject[0] - 'a';
        var up = stack.Remote.Link;
        for (var i = 0; i < 100; i++)
            await stack.Ask("unlimited-bench", i % 10 == 0 ? "b" : "a");
        stack.Remote.Link = (request, token) => request.Key.Subject[0] == 'a' ? FakeRemote.Away(request, token) : up(request, token);
        for (var i = 0; i < 1_000; i++)
            Assert.Equal(i % 10 == 0 ? "cluster" : "local", (await stack.Ask("unlimited-bench", i % 10 == 0 ? "b" : "a")).Source);
        Assert.Equal(["1 engine=cluster scope=partition state=open"], stack.Measured(Transitions));
    }

    [Fact]
    public async Task When_every_partition_is_sick_the_engine_comes_back_as_a_whole()
    {
        using var stack = Quiet();
        stack.Remote.Partition = subject => subject[0] - 'a';
        stack.Remote.Link = FakeRemote.Away;
        for (var i = 0; i < 100; i++)
            Assert.Equal("local", (await stack.Ask("unlimited-bench", i % 2 == 0 ? "a" : "b")).Source);
        Assert.InRange(stack.Remote.Sent.Count, 20, 40);
        stack.Remote.Link = stack.Remote.Up;
        stack.Time.Advance(LongestPause);
        for (var i = 0; i < 3; i++)
        {
            await stack.Ask("unlimited-bench", "a");
            await stack.Ask("unlimited-bench", "b");
        }

        Assert.Equal("cluster", (await stack.Ask("unlimited-bench", "a")).Source);
        Assert.Equal("cluster", (await stack.Ask("unlimited-bench", "b")).Source);
    }

    [Fact]
    public async Task Partitions_beyond_the_most_share_breakers_and_unknown_ones_have_none()
    {
        using var stack = Quiet();
        stack.Remote.Partition = subject => int.Parse(subject, System.Globalization.CultureInfo.InvariantCulture);
        stack.Remote.Link = (request, token) => request.Key.Subject == "3" ? FakeRemote.Away(request, token) : stack.Remote.Up(request, token);
        for (var i = 0; i < 40; i++)
        {
            await stack.Ask("unlimited-bench", "3");
            await stack.Ask("unlimited-bench", "-1");
        }

        Assert.Equal("cluster", (await stack.Ask("unlimited-bench", "4")).Source);
        Assert.Equal("cluster", (await stack.Ask("unlimited-bench", "-1")).Source);
        Assert.Equal("local", (await stack.Ask("unlimited-bench", "259")).Source);
    }

    [Fact]
    public async Task What_threads_see_at_once_opens_it_once()
    {
        using var stack = Quiet();
        stack.Remote.Link = FakeRemote.Frozen;
        var together = Enumerable.Range(0, 500).Select(_ => stack.Ask("unlimited-bench")).ToArray();
        stack.Time.Advance(TimeSpan.FromMilliseconds(150));
        await Task.WhenAll(together);
        Assert.All(together, asked => Assert.Equal("local", asked.Result.Source));
        Assert.Single(stack.Measured(Transitions));
    }

    [Fact]
    public void A_call_past_closed_breakers_that_is_answered_at_once_allocates_nothing_of_its_own()
    {
        using var rig = new Rig(new ScriptedEngine());
        var log = new ResilienceLog(rig.Time, rig.Logger);
        var partitions = new FakeRemote(rig.Time) { Partition = _ => 1 };
        var engine = new BreakerEngine(
            new ScriptedEngine(), partitions, rig.Settings.Resilience, TimeProvider.System, () => 0.5, new ResilienceMetrics(rig.Meters, "cluster"), log);
        var request = new LimitRequest(SubjectKey.Of(KeyScope.Of("t", "default"), "a"), rig.Settings.Policy("default").SpecFor("free"), Operation.Acquire, Permits.One);
        AllocatedBy(engine, request);

        // Now and then a window of counts begins, and contexts come from a pool that other tests use: far less than a byte a call.
        Assert.InRange(AllocatedBy(engine, request), 0, Calls / 10);
    }

    private static long AllocatedBy(BreakerEngine engine, LimitRequest request)
    {
        var answered = 0;
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Calls; i++)
        {
            var pending = engine.ExecuteAsync(request, CancellationToken.None);
            answered += pending.IsCompletedSuccessfully && pending.Result.Source == ReplySource.Engine ? 1 : 0;
        }

        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(Calls, answered);
        return allocated;
    }

    /// <summary>A stack that does not charge what was decided locally: every call that is sent is one that the test asked for.</summary>
    private static Stack Quiet()
    {
        var stack = new Stack();
        stack.Engine.Collector.Dispose();
        return stack;
    }
}
