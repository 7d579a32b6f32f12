using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Resilience;
using OrleansLimiter.TestKit.Processes;

namespace OrleansLimiter.Limiter.Tests.Resilience;

public class InFlightTests
{
    private static readonly (string, string?)[] Three = [
        ("Limiter:MaxInFlight", "3"), ("Limiter:Policies:exact:Algorithm", "gcra"), ("Limiter:Policies:exact:Limit", "9"),
        ("Limiter:Policies:exact:Window", "60"), ("Limiter:Policies:exact:OnUnavailable", "deny")];

    [Fact]
    public async Task Beyond_the_bound_a_request_is_turned_away_at_once_and_not_sent()
    {
        using var stack = new Stack(values: Three);
        var replies = Enumerable.Range(0, 3).Select(_ => new TaskCompletionSource<EngineReply>()).ToArray();
        var next = 0;
        stack.Remote.Link = (_, _) => new(replies[next++].Task);
        var waiting = Enumerable.Range(0, 3).Select(_ => stack.Ask("exact")).ToArray();
        Assert.All(waiting, asking => Assert.False(asking.IsCompleted));

        var denied = await stack.Ask("exact");
        Assert.Equal((LimitAnswerKind.Unavailable, EngineFaultKind.Overloaded, "cluster"), (denied.Kind, denied.Fault.Kind, denied.Source));
        var local = await stack.Ask();
        Assert.Equal((LimitAnswerKind.Decided, "local"), (local.Kind, local.Source));
        Assert.Equal(3, stack.Remote.Sent.Count);
        Assert.Equal(["1 engine=cluster", "1 engine=cluster"], stack.Measured("orleanslimiter.in_flight.rejections"));

        replies[0].SetResult(EngineReply.Decided(default));
        Assert.Equal("cluster", (await waiting[0]).Source);
        stack.Remote.Link = stack.Remote.Up;
        Assert.Equal("cluster", (await stack.Ask("exact")).Source);
    }

    [Fact]
    public async Task A_call_given_up_at_its_deadline_counts_until_it_ends()
    {
        using var stack = new Stack(values: Three);
        var late = new TaskCompletionSource<EngineReply>();
        stack.Remote.Link = (_, _) => new(late.Task);
        var waiting = Enumerable.Range(0, 3).Select(_ => stack.Ask("exact")).ToArray();
        await stack.Pass(TimeSpan.FromMilliseconds(150));
        foreach (var asking in waiting)
            Assert.Equal(EngineFaultKind.DeadlineExceeded, (await asking).Fault.Kind);
        stack.Remote.Link = stack.Remote.Up;
        Assert.Equal(EngineFaultKind.Overloaded, (await stack.Ask("exact")).Fault.Kind);
        late.SetException(new InvalidOperationException("late"));
        Assert.Equal("cluster", (await stack.Ask("exact")).Source);
    }

    [Fact]
    public async Task A_call_that_throws_or_ends_at_once_frees_its_place()
    {
        using var stack = new Stack(values: Three);
        stack.Remote.Link = (_, _) => throw new InvalidOperationException("bug");
        for (var i = 0; i < 10; i++)
            Assert.Equal(EngineFaultKind.Unavailable, (await stack.Ask("exact")).Fault.Kind);
        stack.Remote.Link = (_, _) => ValueTask.FromException<EngineReply>(new InvalidOperationException("bug"));
        for (var i = 0; i < 9; i++)
            Assert.Equal(EngineFaultKind.Unavailable, (await stack.Ask("exact")).Fault.Kind);
        stack.Remote.Link = stack.Remote.Up;
        Assert.Equal("cluster", (await stack.Ask("exact")).Source);
    }

    [Fact]
    public async Task What_is_turned_away_does_not_open_the_breaker()
    {
        using var stack = new Stack(values: Three);
        var later = new TaskCompletionSource<EngineReply>();
        stack.Remote.Link = (_, _) => new(later.Task);
        var waiting = Enumerable.Range(0, 3).Select(_ => stack.Ask("exact")).ToArray();
        for (var i = 0; i < 1_000; i++)
            Assert.Equal(EngineFaultKind.Overloaded, (await stack.Ask("exact")).Fault.Kind);
        later.SetResult(EngineReply.Decided(default));
        await Task.WhenAll(waiting);
        stack.Remote.Link = stack.Remote.Up;
        Assert.Equal("cluster", (await stack.Ask("exact")).Source);
        Assert.Empty(stack.Measured("orleanslimiter.breaker.transitions"));
    }

    [Fact]
    public async Task A_tenant_has_a_quarter_of_the_calls_under_way_and_its_flood_turns_nobody_else_away()
    {
        var pending = new TaskCompletionSource<EngineReply>();
        var owner = new ScriptedEngine { Answer = _ => new(pending.Task) };
        using var rig = new Rig(owner);
        var engine = MadeCalls.To(owner, rig.Meters, rig.Time, rig.Logger, values: ("Limiter:MaxInFlight", "800"));

        Assert.Equal(200, Flood("acme", 1_000));
        Assert.Equal(200, Flood("other", 1_000));
        Assert.Equal(400, Flood(KeyScope.OwnTenant, 1_000)); // the service's own: all that are left
        pending.SetResult(EngineReply.Decided(default));
        await Eventually.TrueAsync("all calls over", () => Task.FromResult(engine.InFlight == 0), TestContext.Current.CancellationToken);
        pending = new TaskCompletionSource<EngineReply>();
        Assert.Equal(200, Flood("acme", 1_000));

        int Flood(string tenant, int calls) => Enumerable.Range(0, calls).Count(i =>
            !engine.ExecuteAsync(CallOf(tenant, i), CancellationToken.None).AsTask().IsCompleted);

        static LimitRequest CallOf(string tenant, int subject) =>
            new(SubjectKey.Of(KeyScope.Of(tenant, "default"), $"user-{subject}"), null!, Operation.Acquire, Permits.One);
    }

    [Theory]
    [InlineData(4_096, 1_024)]
    [InlineData(300, 100)]
    [InlineData(3, 3)]
    public void The_share_of_a_tenant_has_room_for_a_batch(int max, int share) => Assert.Equal(share, CallsInFlight.ShareOf(max));

    [Fact]
    public async Task Many_threads_never_have_more_calls_under_way_than_the_bound()
    {
        const int most = 5;
        const int threads = 4;
        var (under, highest) = (0, 0);
        using var barrier = new Barrier(threads);
        var owner = new ScriptedEngine
        {
            Answer = _ =>
            {
                var now = Interlocked.Increment(ref under);
                InterlockedMax(ref highest, now);
                return Slow();
            },
        };
        using var rig = new Rig(owner);
        var engine = MadeCalls.To(owner, rig.Meters, rig.Time, rig.Logger, values: ("Limiter:MaxInFlight", $"{most}"));
        var crew = Enumerable.Range(0, threads)
            .Select(_ => Task.Factory.StartNew(
                Work, TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap());
        await Task.WhenAll(crew);
        Assert.Equal(most, highest);
        Assert.Equal((0, 0), (under, engine.InFlight));

        async Task Work()
        {
            barrier.SignalAndWait();
            for (var i = 0; i < 200; i++)
            {
                var calls = Enumerable.Range(0, most).Select(_ => engine.ExecuteAsync(default, CancellationToken.None).AsTask()).ToArray();
                await Task.WhenAll(calls);
            }
        }

        async ValueTask<EngineReply> Slow()
        {
            await Task.Yield();
            Interlocked.Decrement(ref under);
            return EngineReply.Decided(default);
        }

        static void InterlockedMax(ref int highest, int value)
        {
            for (var seen = Volatile.Read(ref highest); value > seen;)
            {
                var found = Interlocked.CompareExchange(ref highest, value, seen);
                if (found == seen)
                    return;
                seen = found;
            }
        }
    }
}
