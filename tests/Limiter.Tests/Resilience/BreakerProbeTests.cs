using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Limiter.Tests.Resilience;

/// <summary>The one request that tries a breaker after its pause.</summary>
public sealed class BreakerProbeTests
{
    [Fact]
    public async Task One_probe_after_the_pause_closes_it_when_the_engine_answers()
    {
        using var stack = Stack.Quiet();
        stack.Remote.Link = FakeRemote.Away;
        await stack.OpenTheBreaker();
        stack.Remote.Link = stack.Remote.Up;
        stack.Time.Advance(TimeSpan.FromSeconds(1) - TimeSpan.FromTicks(1));
        Assert.Equal("local", (await stack.Ask()).Source);
        stack.Time.Advance(Stack.LongestPause - TimeSpan.FromSeconds(1));
        Assert.Equal("cluster", (await stack.Ask()).Source);
        for (var i = 0; i < 9; i++)
            Assert.Equal("cluster", (await stack.Ask()).Source);
        Assert.Equal(
            ["1 engine=cluster scope=engine state=open", "1 engine=cluster scope=engine state=half_open",
                "1 engine=cluster scope=engine state=closed"],
            stack.Measured(Stack.Transitions));
        Assert.Equal(
            ["Debug BreakerHalfOpen: One call sees whether the engine cluster is back.",
                "Information BreakerClosed: The engine cluster answers again."],
            stack.Logger.Lines[1..]);
    }

    [Fact]
    public async Task While_the_probe_is_under_way_nothing_else_is_sent_and_a_fault_opens_it_again()
    {
        using var stack = Stack.Quiet();
        stack.Remote.Link = FakeRemote.Away;
        await stack.OpenTheBreaker();
        stack.Time.Advance(Stack.LongestPause);
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
        stack.Time.Advance(Stack.LongestPause);
        Assert.Equal("cluster", (await stack.Ask("unlimited-bench")).Source);
    }

    [Fact]
    public async Task A_prober_who_goes_away_does_not_end_the_probe()
    {
        using var stack = Stack.Quiet();
        stack.Remote.Link = FakeRemote.Away;
        await stack.OpenTheBreaker();
        stack.Time.Advance(Stack.LongestPause);
        var answer = new TaskCompletionSource<EngineReply>();
        var reached = new TaskCompletionSource();
        stack.Remote.Link = (_, _) =>
        {
            reached.SetResult();
            return new(answer.Task);
        };
        using var caller = new CancellationTokenSource();
        var request = new LimitRequest(
            SubjectKey.Of(KeyScope.Of("t", "default"), "a"), stack.Settings.Policy("default").SpecFor("free"), Operation.Acquire,
            Permits.One);
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
        stack.Time.Advance(Stack.LongestPause);

        Assert.Equal("local", (await stack.Ask()).Source);

        Assert.Equal(20, stack.Remote.Sent.Count);
        Assert.Equal(
            ["1 engine=cluster scope=engine state=open", "1 engine=cluster scope=engine state=half_open",
                "1 engine=cluster scope=engine state=open"],
            stack.Measured(Stack.Transitions));
    }

    [Fact]
    public async Task Pauses_differ_from_one_to_one_and_a_half_times_as_set()
    {
        using var stack = Stack.Quiet();
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
}
