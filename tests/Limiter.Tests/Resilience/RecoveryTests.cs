using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Resilience;

namespace OrleansLimiter.Limiter.Tests.Resilience;

public class RecoveryTests
{
    private const string Charges = "orleanslimiter.charges";
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(1_500);

    private static readonly (string, string?)[] Policies =
    [
        .. Of("hour", "fixedWindow", "10", "1h"), .. Of("bucket", "tokenBucket", "10", "60s"), .. Of("gcra", "gcra", "10", "60s"),
            .. Of("log", "slidingWindowLog", "10", "1h"),
        .. Of("counter", "slidingWindowCounter", "10", "1h"), .. Of("leaky", "leakyBucket", "10", "60s"),
        ("Limiter:Policies:two:Algorithm", "slidingWindowLog"),
        ("Limiter:Policies:two:Bandwidths:0:Limit", "5"), ("Limiter:Policies:two:Bandwidths:0:Window", "60s"),
        ("Limiter:Policies:two:Bandwidths:1:Limit", "20"), ("Limiter:Policies:two:Bandwidths:1:Window", "1h"),
    ];

    [Theory]
    [InlineData("hour")]
    [InlineData("bucket")]
    [InlineData("gcra")]
    [InlineData("log")]
    [InlineData("counter")]
    [InlineData("leaky")]
    public async Task What_was_decided_locally_is_charged_once_when_the_engine_answers_again(string policy)
    {
        using var stack = new Stack(values: Policies);
        stack.Remote.Link = FakeRemote.Away;
        for (var i = 0; i < 4; i++)
            Assert.Equal("local", (await stack.Ask(policy)).Source);
        stack.Remote.Link = stack.Remote.Up;
        await stack.Pass(TimeSpan.FromMilliseconds(100));

        // A tenth of a second is less than a permit: all four still count.
        var charge = Assert.Single(Sent(stack));
        Assert.Equal(4, charge.Permits.Count);
        Assert.StartsWith("outage-", charge.Id.Value, StringComparison.Ordinal);
        Assert.Equal(("cluster", 6), About(await stack.Look(policy)));
        await stack.Pass(TimeSpan.FromSeconds(10));
        Assert.Single(Sent(stack));
        Assert.Equal(0, stack.Engine.Debts.Count);
        Assert.Equal(["1 engine=cluster outcome=sent"], stack.Measured(Charges));
    }

    [Theory]
    [InlineData("hour")]
    [InlineData("bucket")]
    [InlineData("gcra")]
    [InlineData("log")]
    [InlineData("counter")]
    public async Task A_caller_within_the_limit_is_not_locked_out_what_the_engine_knew_is_not_charged_again(string policy)
    {
        // 6 at the engine, 2 locally: 2 of 10 are left, not none.
        using var stack = new Stack(values: Policies);
        await stack.Ask(policy, permits: 6);
        stack.Remote.Link = FakeRemote.Away;
        Assert.Equal(("local", 3), About(await stack.Ask(policy)));
        Assert.Equal(("local", 2), About(await stack.Ask(policy)));
        stack.Remote.Link = stack.Remote.Up;
        await stack.Engine.Collector.CollectAsync();
        Assert.Equal(2, Assert.Single(Sent(stack)).Permits.Count);
        Assert.Equal(("cluster", 2), About(await stack.Look(policy)));
        Assert.True((await stack.Ask(policy)).IsAllowed);
        Assert.True((await stack.Ask(policy)).IsAllowed);
        Assert.False((await stack.Ask(policy)).IsAllowed);
    }

    [Fact]
    public async Task A_second_outage_charges_only_what_was_taken_in_it()
    {
        using var stack = new Stack(values: Policies);
        for (var outage = 1; outage <= 3; outage++)
        {
            stack.Remote.Link = FakeRemote.Away;
            Assert.Equal("local", (await stack.Ask("hour", permits: 2)).Source);
            stack.Remote.Link = stack.Remote.Up;
            await stack.Engine.Collector.CollectAsync();
            Assert.Equal(outage, Sent(stack).Count);
            Assert.Equal(2, Sent(stack)[^1].Permits.Count);
            Assert.Equal(outage, Sent(stack).Select(charge => charge.Id).Distinct().Count());
            Assert.Equal(("cluster", 10 - 2 * outage), About(await stack.Look("hour")));
        }
    }

    [Fact]
    public async Task What_has_run_out_meanwhile_is_forgiven_and_a_whole_key_is_not_charged()
    {
        using var stack = new Stack(values: Policies);
        stack.Remote.Link = FakeRemote.Away;
        await stack.Ask("bucket", "a", permits: 10);
        await stack.Ask("bucket", "b", permits: 3);
        await stack.Pass(TimeSpan.FromSeconds(24));
        stack.Remote.Link = stack.Remote.Up;
        await stack.CloseTheBreaker();
        await stack.Engine.Collector.CollectAsync();

        // A permit in 6 s: of 10 taken 6 count still, of 3 none.
        var charge = Assert.Single(Sent(stack));
        Assert.Equal(("a", 6L), (charge.Key.Subject, charge.Permits.Count));
        Assert.Equal(("cluster", 4), About(await stack.Look("bucket", "a")));
        Assert.Equal(("cluster", 10), About(await stack.Look("bucket", "b")));
        Assert.Contains("1 engine=cluster outcome=whole", stack.Measured(Charges));
        Assert.Equal(0, stack.Engine.Debts.Count);
    }

    [Fact]
    public async Task Each_bandwidth_is_charged_what_it_still_counts_not_what_the_tightest_does()
    {
        // In the long window 4 still count when the short one is whole.
        using var stack = new Stack(values: Policies);
        stack.Remote.Link = FakeRemote.Away;
        await stack.Ask("two", permits: 4);
        await stack.Pass(TimeSpan.FromMinutes(2));
        stack.Remote.Link = stack.Remote.Up;
        await stack.CloseTheBreaker();
        await stack.Engine.Collector.CollectAsync();
        Assert.Equal(4, Assert.Single(Sent(stack)).Permits.Count);
        await stack.Pass(TimeSpan.FromMinutes(2));
        for (var i = 0; i < 3; i++)
        {
            Assert.True((await stack.Ask("two", permits: 5)).IsAllowed);
            await stack.Pass(TimeSpan.FromMinutes(2));
        }

        Assert.Equal(("cluster", 1), About(await stack.Look("two")));
    }

    [Fact]
    public async Task A_charge_whose_reply_is_lost_is_sent_again_under_its_id_and_charges_once()
    {
        using var stack = new Stack(values: Policies);
        stack.Remote.Link = FakeRemote.Away;
        await stack.Ask("hour", permits: 4);
        stack.Remote.Link = (request, token) =>
            request.Operation == Operation.Charge ? stack.Remote.Deaf(request, token) : stack.Remote.Up(request, token);
        for (var i = 0; i < 5; i++)
            await stack.Engine.Collector.CollectAsync();
        stack.Remote.Link = stack.Remote.Up;
        await stack.Engine.Collector.CollectAsync();
        Assert.Equal(6, Sent(stack).Count);
        Assert.Single(Sent(stack).Distinct());
        Assert.Equal(("cluster", 6), About(await stack.Look("hour")));
        Assert.Equal(
            [.. Enumerable.Repeat("1 engine=cluster outcome=retried", 5), "1 engine=cluster outcome=sent"], stack.Measured(Charges));
        Assert.Equal(0, stack.Engine.Debts.Count);
    }

    [Fact]
    public async Task What_is_taken_while_a_charge_is_without_reply_is_charged_after_it_under_another_id()
    {
        using var stack = new Stack(values: Policies);
        stack.Remote.Link = FakeRemote.Away;
        await stack.Ask("hour", permits: 4);
        stack.Remote.Link = (request, token) =>
            request.Operation == Operation.Charge ? stack.Remote.Deaf(request, token) : stack.Remote.Up(request, token);
        await stack.Engine.Collector.CollectAsync();
        stack.Remote.Link = FakeRemote.Away;
        await stack.Ask("hour", permits: 3);
        stack.Remote.Link = stack.Remote.Up;
        await stack.Look("hour");
        await stack.Engine.Collector.CollectAsync();
        await stack.Engine.Collector.CollectAsync();
        Assert.Equal([4L, 4L, 3L], Sent(stack).Select(charge => charge.Permits.Count));
        Assert.Equal(2, Sent(stack).Select(charge => charge.Id).Distinct().Count());
        Assert.Equal(("cluster", 3), About(await stack.Look("hour")));
    }

    [Fact]
    public async Task A_charge_that_gets_no_reply_is_given_up_before_the_owner_forgets_its_id()
    {
        using var stack = new Stack(values: Policies);
        stack.Remote.Link = FakeRemote.Away;
        await stack.Ask("hour", permits: 4);
        stack.Remote.Link = (request, token) =>
            request.Operation == Operation.Charge ? stack.Remote.Deaf(request, token) : stack.Remote.Up(request, token);
        for (var i = 0; i < 600; i++)
            await stack.Pass(TimeSpan.FromMilliseconds(100));
        Assert.Single(Sent(stack).Distinct());
        Assert.Equal(0, stack.Engine.Debts.Count);
        Assert.Equal("1 engine=cluster outcome=lost", stack.Measured(Charges)[^1]);
        Assert.Contains(
            "Warning ChargeLost: What was decided locally could not be charged at the engine cluster (no reply), 1 keys since the last "
            + "such line.", stack.Logger.Lines);
        Assert.Equal(("cluster", 6), About(await stack.Look("hour")));
        Assert.True(DebtCollector.LongestRetry < TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task A_charge_that_an_overloaded_engine_turns_away_is_sent_until_there_is_room_and_is_then_what_still_counts()
    {
        // A bucket of 600 s: after five minutes 5 of the 10 that were taken still count.
        using var stack = new Stack(values: [.. Policies, .. Of("slow", "tokenBucket", "10", "600s")]);
        stack.Remote.Link = (_, _) => new(EngineReply.Failed(EngineFault.Overloaded));
        await stack.Ask("slow", permits: 10);
        for (var i = 0; i < 3_000; i++)
            await stack.Pass(TimeSpan.FromMilliseconds(100));
        Assert.Equal(1, stack.Engine.Debts.Count);
        var inVain = Sent(stack).Count;
        Assert.NotEqual(0, inVain);
        stack.Remote.Link = stack.Remote.Up;
        await stack.Pass(TimeSpan.FromMilliseconds(100));
        Assert.Equal(5, Assert.Single(Sent(stack).Skip(inVain)).Permits.Count);
        Assert.Equal(("cluster", 5), About(await stack.Look("slow")));
        Assert.Equal(0, stack.Engine.Debts.Count);
        Assert.Equal(inVain + 1, stack.Measured(Charges).Length);
        Assert.DoesNotContain("1 engine=cluster outcome=lost", stack.Measured(Charges));
    }

    [Fact]
    public async Task A_charge_that_was_once_without_reply_stays_what_it_was_when_the_engine_is_overloaded_after_it()
    {
        using var stack = new Stack(values: Policies);
        stack.Remote.Link = FakeRemote.Away;
        await stack.Ask("hour", permits: 4);
        stack.Remote.Link = (request, token) =>
            request.Operation == Operation.Charge ? stack.Remote.Deaf(request, token) : stack.Remote.Up(request, token);
        await stack.Engine.Collector.CollectAsync();
        stack.Remote.Link = (request, token) =>
            request.Operation == Operation.Charge ? new(EngineReply.Failed(EngineFault.Overloaded)) : stack.Remote.Up(request, token);
        await stack.Engine.Collector.CollectAsync();
        stack.Remote.Link = stack.Remote.Up;
        await stack.Engine.Collector.CollectAsync();
        Assert.Equal(3, Sent(stack).Count);
        Assert.Single(Sent(stack).Distinct());
        Assert.Equal(("cluster", 6), About(await stack.Look("hour")));
    }

    [Fact]
    public async Task No_charge_is_sent_before_the_engine_answers_again_however_long_the_outage()
    {
        using var stack = new Stack(values: Policies);
        stack.Remote.Link = FakeRemote.Away;
        for (var i = 0; i < 300; i++)
        {
            await stack.Ask("hour", $"user-{i % 20}");
            await stack.Pass(TimeSpan.FromSeconds(1));
        }

        Assert.Empty(Sent(stack));
        Assert.Equal(20, stack.Engine.Debts.Count);
        stack.Remote.Link = stack.Remote.Up;
        await stack.Pass(LongestPause);
        await stack.Pass(TimeSpan.FromMilliseconds(200));
        Assert.Equal(20, Sent(stack).Count);
        Assert.All(Sent(stack), charge => Assert.Equal(10, charge.Permits.Count));
    }

    [Fact]
    public async Task An_idle_front_end_finds_by_itself_that_the_engine_is_back()
    {
        using var stack = new Stack(values: Policies);
        stack.Remote.Link = FakeRemote.Away;
        for (var i = 0; i < 25; i++)
            await stack.Ask("hour", $"user-{i}");
        await stack.Pass(TimeSpan.FromSeconds(30));
        var sent = stack.Remote.Sent.Count;
        stack.Remote.Link = stack.Remote.Up;
        for (var i = 0; i < 20; i++)
            await stack.Pass(TimeSpan.FromMilliseconds(100));
        Assert.Equal(25, Sent(stack).Count);
        Assert.True(stack.Remote.Sent.Skip(sent).All(request => request.Operation is Operation.Peek or Operation.Charge));
    }

    [Fact]
    public async Task A_busy_front_end_leaves_the_probes_to_its_callers()
    {
        using var stack = new Stack(values: Policies);
        stack.Remote.Link = FakeRemote.Away;
        for (var i = 0; i < 25; i++)
            await stack.Ask("hour", $"user-{i}");
        var sent = stack.Remote.Sent.Count;
        for (var i = 0; i < 100; i++)
        {
            await stack.Pass(TimeSpan.FromMilliseconds(100));
            await stack.Ask("hour", "caller");
        }

        // Ten seconds of pauses of 1 to 1.5 s: some 8 probes, every one a caller's.
        Assert.InRange(stack.Remote.Sent.Count - sent, 6, 10);
        Assert.All(stack.Remote.Sent.Skip(sent), request => Assert.Equal(Operation.Acquire, request.Operation));
    }

    [Fact]
    public async Task Charges_go_out_oldest_first_and_no_faster_than_the_rate()
    {
        using var stack = new Stack(values: [.. Policies, ("Limiter:ChargesPerSecond", "50")]);
        stack.Remote.Link = FakeRemote.Away;
        for (var i = 0; i < 12; i++)
            await stack.Ask("hour", $"user-{i:00}");
        stack.Remote.Link = stack.Remote.Up;
        for (var round = 1; round <= 3; round++)
        {
            await stack.Pass(TimeSpan.FromMilliseconds(99));
            Assert.Equal(Math.Min(12, 5 * (round - 1)), Sent(stack).Count);
            await stack.Pass(TimeSpan.FromMilliseconds(1));
            Assert.Equal(Math.Min(12, 5 * round), Sent(stack).Count);
        }

        Assert.Equal(Enumerable.Range(0, 12).Select(i => $"user-{i:00}"), Sent(stack).Select(charge => charge.Key.Subject));
    }

    [Fact]
    public async Task Keys_of_a_sick_partition_do_not_hold_up_the_others_charges()
    {
        using var stack = new Stack(values: Policies);
        stack.Remote.Partition = subject => subject[0] - 'a';
        stack.Remote.Link = FakeRemote.Away;
        for (var i = 0; i < 30; i++)
            await stack.Ask("hour", $"a{i}");
        for (var i = 0; i < 5; i++)
            await stack.Ask("hour", $"b{i}");
        stack.Remote.Link = (request, token) =>
            request.Key.Subject[0] == 'a' ? FakeRemote.Away(request, token) : stack.Remote.Up(request, token);
        for (var i = 0; i < 100; i++)
        {
            await stack.Ask("unlimited-bench", "b");
            await stack.Pass(TimeSpan.FromMilliseconds(100));
        }

        Assert.Equal(["b0", "b1", "b2", "b3", "b4"], Sent(stack).Select(charge => charge.Key.Subject).Order(StringComparer.Ordinal));
        Assert.Equal(30, stack.Engine.Debts.Count);
    }

    [Fact]
    public async Task A_key_that_may_not_be_charged_any_more_is_given_up()
    {
        using var stack = new Stack(values: Policies);
        stack.Remote.Link = FakeRemote.Away;
        await stack.Ask("hour");
        stack.Remote.Link = (request, token) =>
            request.Operation == Operation.Charge ? throw new NotSupportedException() : stack.Remote.Up(request, token);
        await stack.Engine.Collector.CollectAsync();
        Assert.Equal(0, stack.Engine.Debts.Count);
        Assert.Equal(["1 engine=cluster outcome=lost"], stack.Measured(Charges));
    }

    [Fact]
    public async Task Places_and_policies_that_allow_or_deny_are_not_charged()
    {
        using var stack = new Stack(values: [.. Policies, ("Limiter:Policies:hour:OnUnavailable", "allow")]);
        stack.Remote.Link = FakeRemote.Away;
        await stack.Ask("concurrency");
        await stack.Ask("hour");
        await stack.Ask("exact-gcra");
        Assert.Equal(0, stack.Engine.Debts.Count);
    }

    [Fact]
    public async Task The_keys_to_be_charged_never_grow_past_their_bound_and_the_oldest_are_lost()
    {
        using var stack = new Stack(values: Policies);
        using var rig = new Rig(new ScriptedEngine());
        var log = new ResilienceLog(stack.Time, stack.Logger);
        var ledger = new DebtLedger(stack.Time, new ResilienceMetrics(rig.Meters, "cluster"), log, "cluster", maxKeys: 100);
        var spec = stack.Settings.Policy("hour").SpecFor("free");
        var scope = KeyScope.Of("t", "hour");
        for (var i = 0; i < 1_000; i++)
        {
            ledger.Note(SubjectKey.Of(scope, $"user-{i}"), spec, new[] { spec }, 1, new Decision
            {
                ResetAfter = Wait.OfMicroseconds(1_000_000),
            });
            Assert.True(ledger.Count <= 100);
        }

        Assert.Equal(100, ledger.Count);
        Assert.Equal("user-900", ledger.Oldest?.Key.Subject);
        Assert.Contains(
            "Warning ChargeLost: What was decided locally could not be charged at the engine cluster (too many keys), 1 keys since the "
            + "last such line.", stack.Logger.Lines);
        Assert.Equal(100_000, DebtLedger.MaxKeys);
        await stack.Pass(TimeSpan.Zero);
    }

    [Fact]
    public async Task What_was_taken_under_one_content_is_owed_under_the_other()
    {
        using var stack = new Stack(values: Policies);
        using var rig = new Rig(new ScriptedEngine());
        var log = new ResilienceLog(stack.Time, stack.Logger);
        var ledger = new DebtLedger(stack.Time, new ResilienceMetrics(rig.Meters, "cluster"), log, "cluster");
        var (hour, day) = (Bandwidth.Of(10, TimeSpan.FromHours(1)), Bandwidth.Of(20, TimeSpan.FromDays(1)));
        var (one, two) = (LimitSpec.Of(Algorithm.TokenBucket, hour), LimitSpec.Of(Algorithm.TokenBucket, hour, day));
        var parts = new[] { one, LimitSpec.Of(Algorithm.TokenBucket, day) };
        var key = SubjectKey.Of(KeyScope.Of("t", "hour"), "user");
        var decision = new Decision { ResetAfter = Wait.OfMicroseconds(1_000_000) };

        ledger.Note(key, one, new[] { one }, 5, decision);
        ledger.Note(key, two, parts, 1, decision);
        Assert.Equal(6, ledger.ChargeOf(ledger.Oldest!, used: 0, RequestId.Of("a"))?.Amount.Count);

        // Of one bandwidth the local engine says what is still used.
        ledger.Note(key, one, new[] { one }, 1, decision);
        Assert.Equal(4, ledger.ChargeOf(ledger.Oldest!, used: 4, RequestId.Of("b"))?.Amount.Count);
        await stack.Pass(TimeSpan.Zero);
    }

    [Fact]
    public async Task After_the_stack_is_disposed_of_nothing_is_sent()
    {
        var stack = new Stack(values: Policies);
        stack.Remote.Link = FakeRemote.Away;
        await stack.Ask("hour");
        stack.Dispose();
        stack.Remote.Link = stack.Remote.Up;
        await stack.Pass(TimeSpan.FromMinutes(1));
        await stack.Engine.Collector.CollectAsync();
        Assert.Empty(Sent(stack));
    }

    private static List<LimitRequest> Sent(Stack stack) => [.. stack.Remote.Sent.Where(request => request.Operation == Operation.Charge)];

    private static (string Source, long Remaining) About(LimitAnswer answer) => (answer.Source, answer.Decision.Remaining);

    private static (string, string?)[] Of(string name, string algorithm, string limit, string window) =>
    [
        ($"Limiter:Policies:{name}:Algorithm", algorithm), ($"Limiter:Policies:{name}:Limit", limit),
            ($"Limiter:Policies:{name}:Window", window),
    ];
}
