using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Engines.Memory;
using OrleansLimiter.Resilience;
using OrleansLimiter.TestKit;

namespace OrleansLimiter.Limiter.Tests.Resilience;

public class FallbackTests
{
    private const string Fallbacks = "orleanslimiter.fallbacks";

    private static readonly (string, string?)[] Policies =
    [
        ("Limiter:FrontEnds", "4"),
        .. Of("hour", "fixedWindow", "100", "1h"), .. Of("bucket", "tokenBucket", "40", "60s"), .. Of("small", "tokenBucket", "2", "60s"),
        .. Of("places", "concurrency", "8", "60s"), .. Of("allowing", "fixedWindow", "5", "1h", "allow"),
            .. Of("denying", "fixedWindow", "5", "1h", "deny"),
    ];

    [Fact]
    public async Task A_policy_that_says_local_is_decided_by_this_front_ends_share_and_says_so()
    {
        using var stack = new Stack(values: Policies);
        Assert.Equal(("cluster", 99, 100), About(await stack.Ask("hour")));
        stack.Remote.Link = FakeRemote.Away;
        Assert.Equal(("local", 23, 25), About(await stack.Ask("hour")));
        for (var i = 0; i < 23; i++)
            Assert.True((await stack.Ask("hour")).IsAllowed);
        var refused = await stack.Ask("hour");
        Assert.Equal((LimitAnswerKind.Decided, Outcome.Limited, "local", false),
            (refused.Kind, refused.Decision.Outcome, refused.Source, refused.IsAllowed));
        Assert.Equal("fixedWindow;100/3600000000/100", refused.Spec.ToString());
    }

    [Fact]
    public async Task A_share_never_becomes_the_policy()
    {
        // Where a share hashes higher than its policy it passes for newer: the handle must not take it over.
        using var stack = new Stack(values: Policies);
        stack.Remote.Link = FakeRemote.Away;
        foreach (var policy in new[] { "hour", "bucket", "small", "places" })
        {
            await stack.Ask(policy);
            var answer = await stack.Ask(policy, subject: "bob");
            Assert.Same(stack.Settings.Policy(policy).SpecFor("free"), answer.Spec);
            Assert.Same(answer.Spec, answer.Handle.Spec);
        }
    }

    [Fact]
    public async Task Deny_is_unavailable_and_never_decided_locally()
    {
        using var stack = new Stack(values: Policies);
        stack.Remote.Link = FakeRemote.Away;
        foreach (var operation in new[] { Operation.Acquire, Operation.AcquireUpTo, Operation.Peek, Operation.Refund, Operation.Charge,
            Operation.Reset })
        {
            for (var i = 0; i < 30; i++)
            {
                var answer = await stack.Ask("denying", operation: operation, id: $"{operation}-{i}");
                Assert.Equal((LimitAnswerKind.Unavailable, EngineFaultKind.Unavailable, false, "cluster"),
                    (answer.Kind, answer.Fault.Kind, answer.IsAllowed, answer.Source));
                Assert.True(answer.RetryAfter.Microseconds > 0);
            }
        }

        Assert.Equal(0, stack.Local.Asked);
        Assert.Equal(["1 engine=cluster reason=unavailable answer=deny"], stack.Measured(Fallbacks).Distinct());
        Assert.Equal(180, stack.Measured(Fallbacks).Length);
    }

    [Fact]
    public async Task Allow_lets_everything_through_uncounted_and_says_that_it_was_decided_here()
    {
        using var stack = new Stack(values: Policies);
        stack.Remote.Link = FakeRemote.Away;
        for (var i = 0; i < 50; i++)
        {
            var answer = await stack.Ask("allowing");
            Assert.Equal((LimitAnswerKind.Unavailable, true, "local"), (answer.Kind, answer.IsAllowed, answer.Source));
        }

        Assert.Equal((0, 0), (stack.Local.Asked, stack.Engine.Debts.Count));
        Assert.Equal(["1 engine=cluster reason=unavailable answer=allow"], stack.Measured(Fallbacks).Distinct());
    }

    [Fact]
    public async Task Each_reason_is_measured_and_decisions_are_counted_under_their_source()
    {
        using var stack = new Stack(values: Policies);
        await stack.Ask("hour");
        stack.Remote.Link = FakeRemote.Away;
        await stack.Ask("hour");
        stack.Remote.Link = (_, _) => new(EngineReply.Failed(EngineFault.Overloaded));
        await stack.Ask("hour");
        stack.Remote.Link = FakeRemote.Frozen;
        var late = stack.Ask("hour");
        stack.Time.Advance(TimeSpan.FromMilliseconds(150));
        await late;
        Assert.Equal(
            ["1 engine=cluster reason=unavailable answer=local", "1 engine=cluster reason=overloaded answer=local",
                "1 engine=cluster reason=deadline_exceeded answer=local"],
            stack.Measured(Fallbacks));
        Assert.Equal(
            ["1 policy=hour tier=free outcome=admitted source=cluster operation=acquire",
                .. Enumerable.Repeat("1 policy=hour tier=free outcome=admitted source=local operation=acquire", 3)],
            stack.Measured("orleanslimiter.decisions"));
    }

    [Fact]
    public async Task The_first_local_decision_starts_from_a_share_of_what_the_engine_left()
    {
        using var stack = new Stack(values: Policies);
        await stack.Ask("hour", permits: 89);
        stack.Remote.Link = FakeRemote.Away;

        // 11 left: a quarter of it, rounded down, is 2.
        Assert.Equal(("local", 2, 25), About(await stack.Look("hour")));
        Assert.Equal(("local", 1, 25), About(await stack.Ask("hour")));
        Assert.Equal(("local", 0, 25), About(await stack.Ask("hour")));
        Assert.False((await stack.Ask("hour")).IsAllowed);
        Assert.Equal(("local", 24, 25), About(await stack.Ask("hour", "unknown")));
    }

    [Fact]
    public async Task A_remainder_older_than_its_own_reset_is_ignored()
    {
        using var stack = new Stack(values: Policies);
        await stack.Ask("bucket", "early", permits: 40);
        await stack.Ask("bucket", "late", permits: 40);
        stack.Remote.Link = FakeRemote.Away;
        await stack.Pass(TimeSpan.FromSeconds(60) - TimeSpan.FromMicroseconds(1));
        Assert.Equal(("local", 0, 10), About(await stack.Look("bucket", "early")));
        await stack.Pass(TimeSpan.FromMicroseconds(1));
        Assert.Equal(("local", 10, 10), About(await stack.Look("bucket", "late")));
    }

    [Fact]
    public async Task A_key_in_use_locally_is_not_filled_up_again_by_a_later_remainder()
    {
        using var stack = new Stack(values: Policies);
        stack.Remote.Link = FakeRemote.Away;
        for (var i = 0; i < 25; i++)
            Assert.True((await stack.Ask("hour")).IsAllowed);
        for (var outage = 0; outage < 5; outage++)
        {
            stack.Remote.Link = stack.Remote.Up;
            await stack.Pass(TimeSpan.FromSeconds(3));
            Assert.Equal("cluster", (await stack.Ask("hour")).Source);
            stack.Remote.Link = FakeRemote.Away;
            Assert.Equal(("local", 0, 25), About(await stack.Look("hour")));
        }
    }

    [Fact]
    public async Task A_full_local_table_is_unavailable_and_says_local()
    {
        var time = new FakeTimeProvider();
        using var local = new MemoryEngine(new MemoryEngineOptions { MaxKeys = 1 }, time);
        using var stack = new Stack(time, local: local, values: Policies);
        stack.Remote.Link = FakeRemote.Away;
        Assert.True((await stack.Ask("hour", "a")).IsAllowed);
        var full = await stack.Ask("hour", "b");
        Assert.Equal((LimitAnswerKind.Unavailable, EngineFaultKind.KeyTableFull, "local"), (full.Kind, full.Fault.Kind, full.Source));
    }

    [Fact]
    public async Task A_repeated_request_is_answered_once_locally_too()
    {
        using var stack = new Stack(values: Policies);
        stack.Remote.Link = FakeRemote.Away;
        var first = await stack.Ask("hour", id: "a", permits: 5);
        var again = await stack.Ask("hour", id: "a", permits: 5);
        Assert.Equal(first.Decision, again.Decision);
        Assert.Equal(LimitAnswerKind.Invalid, (await stack.Ask("hour", id: "a", permits: 6)).Kind);
        await stack.Ask("hour", operation: Operation.Refund, id: "a", permits: 2);
        stack.Remote.Link = stack.Remote.Up;
        await stack.Engine.Collector.CollectAsync();
        Assert.Equal(3, Assert.Single(stack.Remote.Sent, request => request.Operation == Operation.Charge).Permits.Count);
    }

    [Fact]
    public async Task Places_are_given_out_and_released_locally_and_others_cannot_be_released_without_the_engine()
    {
        var time = new FakeTimeProvider();
        using var local = new MemoryEngine(new MemoryEngineOptions(), time);
        using var stack = new Stack(time, local: local, values: Policies);
        var remote = await stack.Ask("places");
        stack.Remote.Link = FakeRemote.Away;
        var held = await stack.Ask("places", permits: 2);
        Assert.Equal(("local", 0, 2), About(held));
        Assert.False((await stack.Ask("places")).IsAllowed);

        var unknown = await stack.Ask("places", operation: Operation.Release, lease: remote.Decision.Lease);
        Assert.Equal((LimitAnswerKind.Unavailable, "cluster"), (unknown.Kind, unknown.Source));
        stack.Remote.Link = stack.Remote.Up;
        Assert.Equal(("cluster", Outcome.Admitted),
            Outcome_(await stack.Ask("places", operation: Operation.Release, lease: remote.Decision.Lease)));
        Assert.Equal(("cluster", Outcome.UnknownLease),
            Outcome_(await stack.Ask("places", operation: Operation.Release, lease: new LeaseId(99))));

        // Back again, the engine knows nothing of a place that was given out here.
        Assert.Equal(("local", Outcome.Admitted),
            Outcome_(await stack.Ask("places", operation: Operation.Release, lease: held.Decision.Lease)));
        Assert.Equal(("cluster", Outcome.UnknownLease),
            Outcome_(await stack.Ask("places", operation: Operation.Release, lease: held.Decision.Lease)));
        Assert.Equal(0, stack.Engine.Debts.Count);

        static (string, Outcome) Outcome_(LimitAnswer answer) => (answer.Source, answer.Decision.Outcome);
    }

    [Fact]
    public async Task A_reset_is_the_owners_and_forgets_the_local_key_with_it()
    {
        using var stack = new Stack(values: Policies);
        await stack.Ask("hour", permits: 100);
        stack.Remote.Link = FakeRemote.Away;
        Assert.False((await stack.Ask("hour")).IsAllowed);
        var failed = await stack.Ask("hour", operation: Operation.Reset);
        Assert.Equal((LimitAnswerKind.Unavailable, "cluster"), (failed.Kind, failed.Source));
        Assert.False((await stack.Ask("hour")).IsAllowed);

        stack.Remote.Link = stack.Remote.Up;
        Assert.Equal("cluster", (await stack.Ask("hour", operation: Operation.Reset)).Source);
        stack.Remote.Link = FakeRemote.Away;
        Assert.Equal(("local", 24, 25), About(await stack.Ask("hour")));
    }

    [Fact]
    public async Task A_bug_of_the_engine_is_answered_locally()
    {
        using var stack = new Stack(values: Policies);
        stack.Remote.Link = (_, _) => throw new InvalidOperationException("bug");
        Assert.Equal("local", (await stack.Ask("hour")).Source);
        Assert.StartsWith("Error EngineThrew", Assert.Single(stack.Logger.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_front_end_that_never_saw_its_engine_serves()
    {
        using var stack = new Stack(values: Policies);
        stack.Remote.Link = FakeRemote.Away;
        for (var i = 0; i < 100; i++)
            Assert.Equal("local", (await stack.Ask("hour", $"user-{i}")).Source);
        stack.Remote.Link = stack.Remote.Up;
        await stack.Pass(TimeSpan.FromMilliseconds(1_600));
        Assert.Equal("cluster", (await stack.Ask("hour")).Source);
    }

    [Theory]
    [InlineData(Algorithm.TokenBucket, 4, "tokenBucket;10/60000000/10")]
    [InlineData(Algorithm.TokenBucket, 7, "tokenBucket;5/60000000/5")]
    [InlineData(Algorithm.SlidingWindowLog, 40, "slidingWindowLog;1/60000000/1")]
    [InlineData(Algorithm.FixedWindow, 10_000, "fixedWindow;1/60000000/1")]
    [InlineData(Algorithm.Concurrency, 3, "concurrency;13/60000000/13")]
    public void A_share_is_the_limit_divided_and_rounded_down_and_at_least_one(Algorithm algorithm, int frontEnds, string expected)
    {
        var specs = new LocalSpecs(frontEnds);
        var spec = LimitSpec.Of(algorithm, Bandwidth.Of(40, TimeSpan.FromMinutes(1)));
        Assert.Equal(expected, specs.For(spec).Spec.ToString());
        Assert.Same(specs.For(spec), specs.For(spec));
    }

    [Fact]
    public void Burst_and_limit_are_divided_each_in_every_bandwidth()
    {
        var spec = LimitSpec.Of(
            Algorithm.TokenBucket, Bandwidth.Of(10, TimeSpan.FromSeconds(1), 25), Bandwidth.Of(100, TimeSpan.FromHours(1)));
        Assert.Equal("tokenBucket;3/1000000/8;33/3600000000/33", new LocalSpecs(3).For(spec).Spec.ToString());
        Assert.Same(spec, new LocalSpecs(1).For(spec).Spec);
    }

    [Fact]
    public void A_share_whose_numbers_have_no_tick_is_halved_until_they_have()
    {
        // 7^10 in 7^12 us is 1 in 49; half of it has no divisor in common with the window. A 64th has 49, and fits.
        var window = TimeSpan.FromMicroseconds(13_841_287_201);
        var spec = LimitSpec.Of(Algorithm.TokenBucket, Bandwidth.Of(282_475_249, window));
        Assert.False(LimitSpec.TryCreate(Algorithm.TokenBucket, [Bandwidth.Of(141_237_624, window)], 0, out _, out _));
        Assert.Equal("tokenBucket;4413675/13841287201/4413675", new LocalSpecs(2).For(spec).Spec.ToString());
    }

    private static (string Source, long Remaining, long Limit) About(LimitAnswer answer) =>
        (answer.Source, answer.Decision.Remaining, answer.Decision.Limit);

    private static (string, string?)[] Of(string name, string algorithm, string limit, string window, string onUnavailable = "local") =>
    [
        ($"Limiter:Policies:{name}:Algorithm", algorithm), ($"Limiter:Policies:{name}:Limit", limit),
            ($"Limiter:Policies:{name}:Window", window),
        ($"Limiter:Policies:{name}:OnUnavailable", onUnavailable),
    ];
}
