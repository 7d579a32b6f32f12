using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Limiter.Tests.Resilience;

/// <summary>When a breaker opens, and what is told of it.</summary>
public sealed class BreakerTests
{
    [Fact]
    public async Task Faults_of_four_fifths_of_the_calls_open_it_and_nothing_is_sent_while_it_is_open()
    {
        using var stack = Stack.Quiet();
        stack.Remote.Link = FakeRemote.Away;
        for (var i = 0; i < 20; i++)
            Assert.Equal("local", (await stack.Ask("unlimited-bench")).Source);
        Assert.Equal(20, stack.Remote.Sent.Count);
        for (var i = 0; i < 50; i++)
            Assert.Equal("local", (await stack.Ask("unlimited-bench")).Source);
        Assert.Equal(20, stack.Remote.Sent.Count);
        Assert.Equal(["1 engine=cluster scope=engine state=open"], stack.Measured(Stack.Transitions));
        Assert.Equal(
            ["Warning BreakerOpened: The engine cluster is not asked for a while: too many of its calls failed or were late. Policies "
                + "answer locally, allow or deny."],
            stack.Logger.Lines);
    }

    [Fact]
    public async Task An_engine_that_stays_away_is_told_of_once_and_again_when_it_is_back()
    {
        using var stack = Stack.Quiet();
        stack.Remote.Link = FakeRemote.Away;
        await stack.OpenTheBreaker();
        for (var i = 0; i < 3; i++)
        {
            stack.Time.Advance(Stack.LongestPause);
            Assert.Equal("local", (await stack.Ask("unlimited-bench")).Source);
        }

        Assert.Equal(7, stack.Measured(Stack.Transitions).Length);
        stack.Remote.Link = stack.Remote.Up;
        stack.Time.Advance(Stack.LongestPause);
        Assert.Equal("cluster", (await stack.Ask("unlimited-bench")).Source);
        Assert.Equal(
            ["Warning BreakerOpened", "Information BreakerClosed"],
            stack.Logger.Lines.Where(line => !line.StartsWith("Debug ", StringComparison.Ordinal))
                .Select(line => line[..line.IndexOf(':', StringComparison.Ordinal)]));
    }

    [Fact]
    public async Task Whether_a_breaker_is_open_now_can_be_read_at_any_time()
    {
        const string Open = "orleanslimiter.breaker.open";
        using var stack = Stack.Quiet();
        Assert.Equal(["0 engine=cluster scope=engine", "0 engine=cluster scope=partition"], stack.Observed(Open));
        stack.Remote.Link = FakeRemote.Away;
        await stack.OpenTheBreaker();
        Assert.Equal(["1 engine=cluster scope=engine", "0 engine=cluster scope=partition"], stack.Observed(Open));

        stack.Remote.Link = stack.Remote.Up;
        stack.Time.Advance(Stack.LongestPause);
        await stack.Ask("unlimited-bench");
        Assert.Equal(["0 engine=cluster scope=engine", "0 engine=cluster scope=partition"], stack.Observed(Open));
    }

    [Theory]
    [InlineData(5, true)]
    [InlineData(4, false)]
    public async Task The_share_of_faults_counts_and_not_their_number(int every, bool opens)
    {
        // Of 20 calls 4 or 5 succeed: 16 faults are four fifths, 15 are not.
        using var stack = Stack.Quiet();
        for (var i = 0; i < 20; i++)
        {
            stack.Remote.Link = i % every == 0 ? stack.Remote.Up : FakeRemote.Away;
            await stack.Ask("unlimited-bench");
        }

        Assert.Equal(opens ? 1 : 0, stack.Measured(Stack.Transitions).Length);
    }

    [Fact]
    public async Task Fewer_calls_than_the_least_do_not_open_it()
    {
        using var stack = Stack.Quiet();
        stack.Remote.Link = FakeRemote.Away;
        for (var i = 0; i < 19; i++)
            await stack.Ask("unlimited-bench");
        stack.Time.Advance(TimeSpan.FromSeconds(2));
        for (var i = 0; i < 19; i++)
            await stack.Ask("unlimited-bench");
        Assert.Empty(stack.Measured(Stack.Transitions));
    }

    [Fact]
    public async Task An_engine_that_says_it_is_overloaded_is_asked_about_other_keys_all_the_same()
    {
        using var stack = Stack.Quiet();
        stack.Remote.Link = (_, _) => new(EngineReply.Failed(EngineFault.Overloaded));
        for (var i = 0; i < 100; i++)
            Assert.Equal("local", (await stack.Ask("unlimited-bench")).Source);
        Assert.Equal(100, stack.Remote.Sent.Count);
        Assert.Empty(stack.Measured(Stack.Transitions));
    }

    [Fact]
    public async Task Missed_deadlines_open_it()
    {
        using var stack = Stack.Quiet();
        stack.Remote.Link = FakeRemote.Frozen;
        for (var i = 0; i < 20; i++)
        {
            var asking = stack.Ask("unlimited-bench");
            stack.Time.Advance(TimeSpan.FromMilliseconds(50));
            Assert.False(asking.IsCompleted);
            stack.Time.Advance(TimeSpan.FromMilliseconds(100));
            Assert.Equal("local", (await asking).Source);
            if (stack.Measured(Stack.Transitions).Length > 0)
                break;
        }

        // The window of 2 s holds no 20 calls of 150 ms one after another; at once it does.
        Assert.Empty(stack.Measured(Stack.Transitions));
        var together = Enumerable.Range(0, 20).Select(_ => stack.Ask("unlimited-bench")).ToArray();
        stack.Time.Advance(TimeSpan.FromMilliseconds(150));
        await Task.WhenAll(together);
        Assert.Equal(["1 engine=cluster scope=engine state=open"], stack.Measured(Stack.Transitions));
    }

    [Fact]
    public async Task Refusals_and_callers_mistakes_do_not_open_it()
    {
        using var stack = Stack.Quiet();
        for (var i = 0; i < 100; i++)
            await stack.Ask("exact-fixed-window", $"user-{i / 2}", permits: 60); // every second one is refused
        Assert.Equal(100, stack.Remote.Sent.Count);
        await stack.Ask("exact-fixed-window", permits: 1, id: "a");
        for (var i = 0; i < 100; i++)
            Assert.Equal(LimitAnswerKind.Invalid, (await stack.Ask("exact-fixed-window", permits: 2, id: "a")).Kind);
        stack.Remote.Link = (_, _) => new(EngineReply.Failed(EngineFault.KeyTableFull));
        for (var i = 0; i < 100; i++)
            Assert.Equal((EngineFaultKind.KeyTableFull, "cluster"), ((await stack.Ask()).Fault.Kind, "cluster"));
        Assert.Empty(stack.Measured(Stack.Transitions));
        Assert.Equal(0, stack.Local.Asked);
    }

    [Fact]
    public async Task Callers_who_go_away_neither_open_it_nor_hide_faults()
    {
        using var stack = Stack.Quiet();
        using var caller = new CancellationTokenSource();
        stack.Remote.Link = FakeRemote.Frozen;
        var request = new LimitRequest(
            SubjectKey.Of(KeyScope.Of("t", "unlimited-bench"), "a"), stack.Settings.Policy("default").SpecFor("free"), Operation.Acquire,
            Permits.One);
        var gone = Enumerable.Range(0, 1_000).Select(_ => stack.Engine.ExecuteAsync(request, caller.Token).AsTask()).ToArray();
        await caller.CancelAsync();
        foreach (var asking in gone)
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        Assert.Empty(stack.Measured(Stack.Transitions));

        stack.Remote.Link = FakeRemote.Away;
        await stack.OpenTheBreaker();
        Assert.Single(stack.Measured(Stack.Transitions));
    }

    [Fact]
    public async Task What_threads_see_at_once_opens_it_once()
    {
        using var stack = Stack.Quiet();
        stack.Remote.Link = FakeRemote.Frozen;
        var together = Enumerable.Range(0, 500).Select(_ => stack.Ask("unlimited-bench")).ToArray();
        stack.Time.Advance(TimeSpan.FromMilliseconds(150));
        await Task.WhenAll(together);
        Assert.All(together, asked => Assert.Equal("local", asked.Result.Source));
        Assert.Single(stack.Measured(Stack.Transitions));
    }
}
