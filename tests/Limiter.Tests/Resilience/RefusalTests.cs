using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Resilience;
using OrleansLimiter.TestKit;

namespace OrleansLimiter.Limiter.Tests.Resilience;

/// <summary>A key that the owner refused is refused again without asking, and never for longer than the owner would.</summary>
public class RefusalTests
{
    private const string Counter = "orleanslimiter.remembered_refusals";

    private static readonly (string, string?)[] Policies =
    [
        .. Of("bucket", "tokenBucket", "10", "60s"), .. Of("hour", "fixedWindow", "2", "1h"), .. Of("places", "concurrency", "1", "60s"),
        .. Of("line", "leakyBucket", "1", "60s"), .. Of("fast", "tokenBucket", "1000", "1s"),
    ];

    [Fact]
    public async Task The_owner_is_asked_about_once_a_second_however_often_a_refused_key_is()
    {
        using var stack = new Stack(values: Policies);
        await stack.Ask("hour", permits: 2);
        stack.Remote.Sent.Clear();
        for (var i = 0; i < 10_000; i++)
        {
            var answer = await stack.Ask("hour");
            Assert.Equal((false, "cluster", Outcome.Limited, 0L, 2L),
                (answer.IsAllowed, answer.Source, answer.Decision.Outcome, answer.Decision.Remaining, answer.Decision.Limit));
            stack.Time.Advance(TimeSpan.FromMilliseconds(1));
        }

        // Once after each 875 ms: while what was told before still holds.
        Assert.Equal(12, stack.Remote.Sent.Count);
        Assert.Equal(9_988, stack.Measured(Counter).Length);
        Assert.Equal(["1 engine=cluster"], stack.Measured(Counter).Distinct());
        Assert.Equal(10_000, stack.Measured("orleanslimiter.decisions").Count(line => line.Contains("outcome=limited source=cluster")));
    }

    [Fact]
    public async Task Before_a_refusal_is_too_old_one_caller_asks_and_the_others_are_told()
    {
        using var stack = new Stack(values: Policies);
        await stack.Ask("hour", permits: 2);
        Assert.False((await stack.Ask("hour")).IsAllowed);
        stack.Time.Advance(TimeSpan.FromMilliseconds(900));
        var pending = new TaskCompletionSource();
        stack.Remote.Link = async (request, stopping) =>
        {
            await pending.Task;
            return await stack.Remote.Up(request, stopping);
        };
        stack.Remote.Sent.Clear();
        var asking = stack.Ask("hour");
        for (var i = 0; i < 99; i++)
        {
            Assert.False((await stack.Ask("hour")).IsAllowed);
            stack.Time.Advance(TimeSpan.FromMilliseconds(1));
        }

        Assert.False(asking.IsCompleted);
        Assert.Single(stack.Remote.Sent);

        // Its answer holds for as long after it was asked for: from 900 ms to 1,900 ms, of which the last 125 are for asking again.
        pending.SetResult();
        Assert.False((await asking).IsAllowed);
        stack.Time.Advance(TimeSpan.FromMilliseconds(775));
        for (var i = 0; i < 10; i++)
            Assert.False((await stack.Ask("hour")).IsAllowed);
        Assert.Single(stack.Remote.Sent);
    }

    [Fact]
    public async Task Whoever_asks_before_a_refusal_is_too_old_and_hears_nothing_leaves_it_as_it_was()
    {
        using var stack = new Stack(values: Policies);
        await stack.Ask("hour", permits: 2);
        Assert.False((await stack.Ask("hour")).IsAllowed);
        stack.Time.Advance(TimeSpan.FromMilliseconds(900));
        stack.Remote.Link = FakeRemote.Away;
        stack.Remote.Sent.Clear();
        Assert.Equal("local", (await stack.Ask("hour")).Source);
        Assert.Equal("cluster", (await stack.Ask("hour")).Source);
        stack.Time.Advance(TimeSpan.FromMilliseconds(99));
        Assert.Equal("cluster", (await stack.Ask("hour")).Source);
        Assert.Single(stack.Remote.Sent);
        stack.Time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal("local", (await stack.Ask("hour")).Source);
    }

    [Fact]
    public async Task The_told_wait_counts_down_and_whoever_waits_it_is_admitted()
    {
        using var stack = new Stack(values: Policies);
        await stack.Ask("bucket", permits: 10);
        stack.Time.Advance(TimeSpan.FromMilliseconds(5_500));
        Assert.Equal(500_000, (await stack.Ask("bucket")).Decision.RetryAfter.Microseconds);
        for (var passed = 1; passed < 500; passed++)
        {
            stack.Time.Advance(TimeSpan.FromMilliseconds(1));
            var answer = await stack.Ask("bucket");
            Assert.Equal((false, 1_000 * (500 - passed), 54_500_000L - 1_000 * passed),
                (answer.IsAllowed, (int)answer.Decision.RetryAfter.Microseconds, answer.Decision.ResetAfter.Microseconds));
        }

        stack.Time.Advance(TimeSpan.FromMicroseconds(999));
        var last = await stack.Ask("bucket");
        Assert.Equal((false, 1L), (last.IsAllowed, last.Decision.RetryAfter.Microseconds));
        stack.Time.Advance(TimeSpan.FromMicroseconds(1));
        Assert.True((await stack.Ask("bucket")).IsAllowed);
    }

    [Theory]
    [InlineData(Operation.Refund)]
    [InlineData(Operation.Reset)]
    public async Task What_this_process_gives_back_is_seen_at_once(Operation operation)
    {
        using var stack = new Stack(values: Policies);
        await stack.Ask("hour", permits: 2);
        Assert.False((await stack.Ask("hour")).IsAllowed);
        Assert.False((await stack.Ask("hour")).IsAllowed);
        await stack.Ask("hour", operation: operation);
        Assert.True((await stack.Ask("hour")).IsAllowed);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_refusal_that_was_on_its_way_when_something_was_given_back_is_not_remembered(bool isHeardFirst)
    {
        using var stack = new Stack(values: Policies);
        await stack.Ask("hour", permits: 2);

        // Both are decided in the order in which they were sent, and heard of in either.
        var (refusal, refund) = (new TaskCompletionSource(), new TaskCompletionSource());
        stack.Remote.Link = async (request, stopping) =>
        {
            var reply = await stack.Remote.Up(request, stopping);
            await (request.Operation == Operation.Refund ? refund : refusal).Task;
            return reply;
        };
        var refused = stack.Ask("hour");
        var refunded = stack.Ask("hour", operation: Operation.Refund);
        (isHeardFirst ? refund : refusal).SetResult();
        await (isHeardFirst ? refunded : refused);
        (isHeardFirst ? refusal : refund).SetResult();
        await Task.WhenAll(refused, refunded);
        Assert.False((await refused).IsAllowed);

        stack.Remote.Link = stack.Remote.Up;
        Assert.True((await stack.Ask("hour")).IsAllowed);
    }

    [Fact]
    public async Task A_turn_that_is_withdrawn_here_is_free_at_once()
    {
        using var stack = new Stack(values: Policies);
        var turn = new LeaseId(7);
        await stack.Ask("line");
        Assert.False((await stack.Ask("line")).IsAllowed);
        Assert.True(stack.Settings.Tenants.TryFind(null, out var tenant));
        var handle = stack.Service.HandleFor(tenant, stack.Settings.Policy("line"));
        await stack.Service.WithdrawAsync(handle, SubjectKey.Of(handle.Scope, "alice"), turn);
        stack.Remote.Sent.Clear();
        await stack.Ask("line");
        Assert.Single(stack.Remote.Sent);
    }

    [Fact]
    public async Task Places_are_always_the_owners_to_give()
    {
        using var stack = new Stack(values: Policies);
        await stack.Ask("places");
        for (var i = 0; i < 5; i++)
            Assert.False((await stack.Ask("places")).IsAllowed);
        Assert.Equal(6, stack.Remote.Sent.Count);
    }

    [Fact]
    public async Task A_smaller_cost_is_asked_and_a_larger_one_is_told_its_own_wait()
    {
        using var stack = new Stack(values: Policies);
        await stack.Ask("bucket", permits: 8);
        Assert.False((await stack.Ask("bucket", permits: 3)).IsAllowed);
        Assert.Equal(18_000_000, (await stack.Ask("bucket", permits: 5)).Decision.RetryAfter.Microseconds);
        stack.Remote.Sent.Clear();
        Assert.Equal(18_000_000, (await stack.Ask("bucket", permits: 5)).Decision.RetryAfter.Microseconds);
        Assert.Equal(6_000_000, (await stack.Ask("bucket", permits: 3)).Decision.RetryAfter.Microseconds);
        Assert.Empty(stack.Remote.Sent);
        Assert.True((await stack.Ask("bucket", permits: 2)).IsAllowed);

        // What the smaller one took makes the larger ones wait longer.
        Assert.Equal(18_000_000, (await stack.Ask("bucket", permits: 3)).Decision.RetryAfter.Microseconds);
    }

    [Fact]
    public async Task Costs_without_end_do_not_reach_the_owner_and_are_told_a_wait_that_is_long_enough()
    {
        using var stack = new Stack(values: Policies);
        await stack.Ask("fast", permits: 1_000);
        stack.Remote.Sent.Clear();
        var waits = new Dictionary<int, long>();
        for (var cost = 20; cost <= 1_000; cost++)
            waits[cost] = (await stack.Ask("fast", permits: cost)).Decision.RetryAfter.Microseconds;
        Assert.Equal(KeyRefusals.MaxCosts, stack.Remote.Sent.Count);
        Assert.All(waits, wait => Assert.True(wait.Value >= 1_000 * wait.Key, $"{wait}"));
        Assert.Equal(20_000, waits[20]);
        Assert.Equal(23_000, waits[23]);
        Assert.Equal(1_000_000, waits[24]);
    }

    [Fact]
    public async Task A_cost_above_the_capacity_is_refused_for_good_whatever_is_remembered()
    {
        using var stack = new Stack(values: Policies);
        await stack.Ask("hour", permits: 2);
        await stack.Ask("hour");
        Assert.Equal(Outcome.CostAboveCapacity, (await stack.Ask("hour", permits: 3)).Decision.Outcome);
    }

    [Fact]
    public async Task A_request_id_that_was_admitted_is_told_so_again()
    {
        using var stack = new Stack(values: Policies);
        Assert.True((await stack.Ask("hour", permits: 2, id: "order-1")).IsAllowed);
        Assert.False((await stack.Ask("hour", permits: 2)).IsAllowed);
        Assert.False((await stack.Ask("hour", permits: 2)).IsAllowed);
        Assert.True((await stack.Ask("hour", permits: 2, id: "order-1")).IsAllowed);
    }

    [Fact]
    public async Task A_peek_and_what_it_says_are_the_owners()
    {
        using var stack = new Stack(values: Policies);
        await stack.Ask("hour", permits: 2);
        await stack.Ask("hour");
        stack.Remote.Sent.Clear();
        Assert.False((await stack.Ask("hour", operation: Operation.Peek)).IsAllowed);
        Assert.Single(stack.Remote.Sent);
        Assert.False((await stack.Ask("hour")).IsAllowed);
        Assert.Single(stack.Remote.Sent);
    }

    [Fact]
    public async Task Another_revision_is_asked_for()
    {
        using var stack = new Stack(values: Policies);
        await stack.Ask("hour", permits: 2);
        await stack.Ask("hour");
        Assert.True(LimitSpec.TryCreate(
            Algorithm.FixedWindow, [Bandwidth.Of(5, TimeSpan.FromHours(1))], 1, out var newer, out _));
        Assert.True(stack.Settings.Tenants.TryFind(null, out var tenant));
        var handle = stack.Service.HandleFor(tenant, stack.Settings.Policy("hour"));
        var reply = await stack.Engine.ExecuteAsync(
            new LimitRequest(SubjectKey.Of(handle.Scope, "alice"), newer, Operation.Acquire, Permits.Of(1)),
            TestContext.Current.CancellationToken);
        Assert.Equal((true, 2L), (reply.Decision.IsAdmitted, reply.Decision.Remaining));
        Assert.True((await stack.Ask("hour")).IsAllowed);
    }

    [Fact]
    public async Task Another_front_ends_refund_is_seen_within_a_second()
    {
        var time = new FakeTimeProvider();
        var owner = new KeyedEngine(time);
        using var here = new Stack(time, new FakeRemote(owner), values: Policies);
        using var there = new Stack(time, new FakeRemote(owner), values: Policies);
        await here.Ask("hour", permits: 2);
        Assert.False((await here.Ask("hour")).IsAllowed);
        await there.Ask("hour", operation: Operation.Refund);
        time.Advance(TimeSpan.FromMilliseconds(874));
        Assert.False((await here.Ask("hour")).IsAllowed);
        time.Advance(KeyRefusals.MaxLife - TimeSpan.FromMilliseconds(874));
        Assert.True((await here.Ask("hour")).IsAllowed);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(20261130)]
    public async Task Whoever_is_refused_from_memory_would_be_refused_by_the_owner_and_the_wait_is_never_too_short(int seed)
    {
        var random = new Random(seed);
        var time = new FakeTimeProvider();
        var owner = new KeyedEngine(time);
        (string, string?)[] policies =
        [
            .. Of("tokenbucket", "tokenBucket", "40", "4s"), .. Of("gcra", "gcra", "40", "4s"), .. Of("fixed", "fixedWindow", "7", "700ms"),
            .. Of("counter", "slidingWindowCounter", "9", "900ms"), .. Of("log", "slidingWindowLog", "5", "600ms"),
            .. Of("leaky", "leakyBucket", "6", "1200ms"),
        ];
        using var stack = new Stack(time, new FakeRemote(owner), values: policies);
        var fromMemory = 0;
        for (var step = 0; step < 6_000; step++)
        {
            var policy = policies[random.Next(6) * 4].Item1.Split(':')[2];
            var cost = random.Next(1, 6);
            var sent = stack.Remote.Sent.Count;
            var handle = stack.Service.HandleFor(
                stack.Settings.Tenants.TryFind(null, out var tenant) ? tenant : throw new InvalidOperationException(),
                stack.Settings.Policy(policy));
            var peek = await owner.ExecuteAsync(
                new LimitRequest(SubjectKey.Of(handle.Scope, "alice"), handle.Spec, Operation.Peek, Permits.Of(cost)),
                CancellationToken.None);
            var answer = await stack.Ask(policy, permits: cost);
            Assert.Equal(peek.Decision.Outcome, answer.Decision.Outcome);
            Assert.True(answer.Decision.RetryAfter.Microseconds >= peek.Decision.RetryAfter.Microseconds, $"seed {seed}, step {step}");
            Assert.Equal(peek.Decision.IsAdmitted ? answer.Decision.ResetAfter : peek.Decision.ResetAfter, answer.Decision.ResetAfter);
            fromMemory += stack.Remote.Sent.Count == sent ? 1 : 0;
            if (random.Next(20) == 0 && policy != "leaky")
                await stack.Ask(policy, operation: Operation.Refund, permits: random.Next(1, 4));
            if (random.Next(3) == 0)
                time.Advance(TimeSpan.FromMicroseconds(random.Next(60_000)));
        }

        Assert.InRange(fromMemory, 500, 5_000);
    }

    private static (string, string?)[] Of(string name, string algorithm, string limit, string window) =>
    [
        ($"Limiter:Policies:{name}:Algorithm", algorithm), ($"Limiter:Policies:{name}:Limit", limit),
        ($"Limiter:Policies:{name}:Window", window), ($"Limiter:Policies:{name}:OnUnavailable", "local"),
    ];
}
