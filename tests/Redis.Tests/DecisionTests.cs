using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Engines.Redis;
using OrleansLimiter.TestKit;
using Xunit;
using static OrleansLimiter.Redis.Tests.TestEngine;

namespace OrleansLimiter.Redis.Tests;

/// <summary>Decisions by the server's own clock: exact under concurrency, shared by engines, forgotten when whole.</summary>
public sealed class DecisionTests
{
    public static TheoryData<Algorithm> Algorithms => [.. Enum.GetValues<Algorithm>()];

    [Theory]
    [MemberData(nameof(Algorithms))]
    public async Task Many_callers_at_once_on_one_key_are_admitted_exactly_the_limit(Algorithm algorithm)
    {
        await using var server = await RedisServer.StartAsync();
        using var one = await ConnectAsync(server);
        using var other = await ConnectAsync(server);

        // The hour's windows end together with the real hour: a year does not, but for one instant in it.
        var spec = LimitSpec.Of(algorithm, Bandwidth.Of(100, TimeSpan.FromDays(365)));
        var admitted = await Task.WhenAll(Enumerable.Range(0, 32).Select(caller => Task.Run(async () =>
        {
            var count = 0;
            for (var i = 0; i < 20; i++)
                count += (await (caller % 2 == 0 ? one : other).DecideAsync(Request("one", spec))).IsAdmitted ? 1 : 0;
            return count;
        })));

        Assert.Equal(100, admitted.Sum());
    }

    [Fact]
    public async Task A_refused_caller_is_told_the_wait_by_the_servers_clock()
    {
        await using var server = await RedisServer.StartAsync();
        using var engine = await ConnectAsync(server);

        await engine.DecideAsync(Request("one", TenAnHour, permits: 10));
        var refused = await engine.DecideAsync(Request("one", TenAnHour));

        Assert.Equal(Outcome.Limited, refused.Outcome);
        Assert.InRange(
            refused.RetryAfter.Microseconds, TimeSpan.FromMinutes(5).TotalMicroseconds, TimeSpan.FromMinutes(6).TotalMicroseconds);
    }

    [Theory]
    [MemberData(nameof(Algorithms))]
    public async Task A_key_lives_until_it_is_whole_and_no_longer(Algorithm algorithm)
    {
        await using var server = await RedisServer.StartAsync();
        using var engine = await ConnectAsync(server);
        var spec = LimitSpec.Of(algorithm, Bandwidth.Of(10, TimeSpan.FromHours(1)));

        var before = await TimeAsync(server);
        var decision = await engine.DecideAsync(Request("one", spec, permits: 3));
        var after = await TimeAsync(server);
        var expiry = await server.NumberAsync("PEXPIRETIME", NameOf("one"));

        // Not a millisecond too early, and at most one too late.
        Assert.InRange(expiry, (before + decision.ResetAfter.Microseconds) / 1_000, (after + decision.ResetAfter.Microseconds) / 1_000 + 1);
    }

    [Fact]
    public async Task A_key_that_is_whole_again_is_gone_from_the_server()
    {
        await using var server = await RedisServer.StartAsync();
        using var engine = await ConnectAsync(server);

        await engine.DecideAsync(Request("one", LimitSpec.Of(Algorithm.TokenBucket, Bandwidth.Of(10, TimeSpan.FromMilliseconds(20)))));

        await UntilAsync(engine, async _ => await server.NumberAsync("EXISTS", NameOf("one")) == 0);
    }

    [Fact]
    public async Task A_request_id_is_remembered_beside_the_key_and_only_where_there_is_one()
    {
        await using var server = await RedisServer.StartAsync();
        using var engine = await ConnectAsync(server);

        await engine.DecideAsync(Request("plain", TenAnHour));
        var first = await engine.DecideAsync(Request("named", TenAnHour, permits: 3, id: "order-1"));
        var again = await Task.WhenAll(
            Enumerable.Range(0, 20).Select(_ => engine.DecideAsync(Request("named", TenAnHour, permits: 3, id: "order-1"))));
        var other = await engine.AskAsync(Request("named", TenAnHour, permits: 4, id: "order-1"));

        Assert.All(again, decision => Assert.Equal(
            (first.Outcome, first.Charged, first.Remaining), (decision.Outcome, decision.Charged, decision.Remaining)));
        Assert.Equal(EngineFault.RequestIdReused, other.Fault);
        Assert.Equal(7, await engine.RemainingAsync("named", TenAnHour));
        Assert.Equal(0, await server.NumberAsync("EXISTS", "r{dev-free/default/plain}"));
        Assert.InRange(await server.NumberAsync("PTTL", "r{dev-free/default/named}"), 50_000, 60_001);
    }

    [Fact]
    public async Task A_key_with_a_request_id_lives_as_long_as_the_id()
    {
        await using var server = await RedisServer.StartAsync();
        using var engine = await ConnectAsync(server);
        var soonWhole = LimitSpec.Of(Algorithm.TokenBucket, Bandwidth.Of(10, TimeSpan.FromSeconds(1)));

        await engine.DecideAsync(Request("one", soonWhole, id: "order-1"));

        Assert.InRange(await server.NumberAsync("PTTL", NameOf("one")), 50_000, 60_001);
    }

    [Fact]
    public async Task A_place_is_held_by_its_lease_alone()
    {
        await using var server = await RedisServer.StartAsync();
        using var engine = await ConnectAsync(server);
        var spec = LimitSpec.Of(Algorithm.Concurrency, Bandwidth.Of(2, TimeSpan.FromHours(1)));

        var first = await engine.DecideAsync(Request("one", spec));
        var second = await engine.DecideAsync(Request("one", spec));
        var third = await engine.DecideAsync(Request("one", spec));
        var freed = await engine.DecideAsync(Request("one", spec, Operation.Release, lease: first.Lease));
        var again = await engine.DecideAsync(Request("one", spec, Operation.Release, lease: first.Lease));

        Assert.NotEqual(first.Lease, second.Lease);
        Assert.Equal([Outcome.Limited, Outcome.Admitted, Outcome.UnknownLease], [third.Outcome, freed.Outcome, again.Outcome]);
        Assert.Equal(1, freed.Remaining);
    }

    [Fact]
    public async Task A_place_has_the_name_that_its_caller_gave_it_and_is_held_for_as_long_as_it_is_renewed()
    {
        await using var server = await RedisServer.StartAsync();
        using var engine = await ConnectAsync(server);
        var spec = LimitSpec.Of(Algorithm.Concurrency, Bandwidth.Of(2, TimeSpan.FromHours(1)));
        var name = new LeaseId(77);

        var given = await engine.DecideAsync(Request("one", spec, lease: name));
        var renewed = await engine.DecideAsync(Request("one", spec, Operation.Renew, permits: 0, lease: name));
        var unknown = await engine.DecideAsync(Request("one", spec, Operation.Renew, permits: 0, lease: new LeaseId(78)));
        await engine.DecideAsync(Request("one", spec, Operation.Release, permits: 0, lease: name));

        Assert.Equal(name, given.Lease);
        Assert.Equal((Outcome.Admitted, 1, Outcome.UnknownLease), (renewed.Outcome, renewed.Remaining, unknown.Outcome));
        Assert.InRange(
            renewed.ResetAfter.Microseconds, TimeSpan.FromMinutes(59).TotalMicroseconds, TimeSpan.FromHours(1).TotalMicroseconds);
        Assert.Equal(2, await engine.RemainingAsync("one", spec));
    }

    [Fact]
    public async Task A_newer_policy_is_taken_up_by_every_front_end_and_never_given_back()
    {
        await using var server = await RedisServer.StartAsync();
        using var ahead = await ConnectAsync(server);
        using var behind = await ConnectAsync(server);
        Assert.True(LimitSpec.TryCreate(Algorithm.FixedWindow, [Bandwidth.Of(20, TimeSpan.FromDays(365))], 1, out var newer, out _));
        await behind.DecideAsync(Request("one", TenAnHour, permits: 4));

        var adopted = await ahead.AskAsync(Request("one", newer, Operation.Peek, 0));
        var late = await behind.AskAsync(Request("one", TenAnHour));
        var elsewhere = await behind.AskAsync(Request("two", TenAnHour));

        Assert.Null(adopted.NewerSpec);
        Assert.Equal(16, adopted.Decision.Remaining);
        Assert.Equal((newer.Version, 15L), (late.NewerSpec?.Version, late.Decision.Remaining));
        Assert.Equal((newer.Version, 19L), (elsewhere.NewerSpec?.Version, elsewhere.Decision.Remaining));
        Assert.True(await server.NumberAsync("PTTL", NameOf("one")) > 0, "A key that was carried over lives for ever.");
    }

    [Fact]
    public async Task A_limit_that_was_changed_in_the_configuration_takes_effect_at_once_and_so_does_a_rollback()
    {
        await using var server = await RedisServer.StartAsync();
        var twenty = LimitSpec.Of(Algorithm.TokenBucket, Bandwidth.Of(20, TimeSpan.FromHours(1)));

        // Each front end is a new process, whose engine has heard of nothing.
        foreach (var (spec, known, fresh) in ((LimitSpec, long, long)[])[(TenAnHour, 9, 9), (twenty, 18, 19), (TenAnHour, 7, 9)])
        {
            using var frontEnd = await ConnectAsync(server);
            var used = await frontEnd.AskAsync(Request("used", spec));
            var other = await frontEnd.AskAsync(Request($"new-{spec.Capacity}-{known}", spec));

            Assert.Equal((spec.Capacity, known, null), (used.Decision.Limit, used.Decision.Remaining, used.NewerSpec));
            Assert.Equal((spec.Capacity, fresh, null), (other.Decision.Limit, other.Decision.Remaining, other.NewerSpec));
        }
    }

    [Fact]
    public async Task A_key_of_permits_and_places_lives_until_both_are_whole()
    {
        await using var server = await RedisServer.StartAsync();
        using var engine = await ConnectAsync(server);
        var places = LimitSpec.Of(Algorithm.Concurrency, Bandwidth.Of(5, TimeSpan.FromMinutes(1)));
        var permits = LimitSpec.Of(Algorithm.TokenBucket, Bandwidth.Of(5, TimeSpan.FromMilliseconds(200)));
        await engine.DecideAsync(Request("one", TenAnHour, permits: 10));
        await engine.DecideAsync(Request("one", places, permits: 5));
        Assert.InRange(await server.NumberAsync("PTTL", NameOf("one")), 3_540_000, 3_600_001);
        Assert.Equal((0, 0), (await engine.RemainingAsync("one", TenAnHour), await engine.RemainingAsync("one", places)));

        // The permits are whole soon, and then the key is one of places alone.
        await engine.DecideAsync(Request("two", permits));
        await engine.DecideAsync(Request("two", places));
        await UntilAsync(engine, async engine =>
        {
            await engine.RemainingAsync("two", places);
            return await server.NumberAsync("EVAL", "return string.byte(redis.call('GET', KEYS[1]))", "1", NameOf("two")) > 0;
        });
        Assert.Equal(4, await engine.RemainingAsync("two", places));
        Assert.InRange(await server.NumberAsync("PTTL", NameOf("two")), 1, 60_001);
    }

    [Fact]
    public async Task An_operation_that_the_newer_policy_has_not_is_not_supported_and_changes_nothing()
    {
        await using var server = await RedisServer.StartAsync();
        using var ahead = await ConnectAsync(server);
        using var behind = await ConnectAsync(server);
        Assert.True(LimitSpec.TryCreate(Algorithm.LeakyBucket, [Bandwidth.Of(20, TimeSpan.FromHours(1))], 1, out var newer, out _));
        await ahead.DecideAsync(Request("one", newer, permits: 4));

        await Assert.ThrowsAsync<NotSupportedException>(() => behind.AskAsync(Request("one", TenAnHour, Operation.Refund)).AsTask());

        Assert.Equal(16, await ahead.RemainingAsync("one", newer));
    }

    [Fact]
    public async Task A_token_bucket_key_takes_at_most_136_bytes()
    {
        await using var server = await RedisServer.StartAsync();
        using var engine = await ConnectAsync(server);
        const string Subject = "user-000000000012345";

        await engine.DecideAsync(Request(Subject, TenAnHour));

        Assert.Equal(20, Subject.Length);
        Assert.InRange(await server.NumberAsync("MEMORY", "USAGE", NameOf(Subject)), 1, 136);
    }

    [Fact]
    public async Task Policies_and_tenants_never_share_a_counter()
    {
        await using var server = await RedisServer.StartAsync();
        using var engine = await ConnectAsync(server);
        foreach (var (tenant, policy) in ((string, string)[])[("a", "b"), ("b", "a"), ("a", "a")])
        {
            var request = Request("one", TenAnHour, permits: 10) with { Key = SubjectKey.Of(KeyScope.Of(tenant, policy), "one") };
            Assert.True((await engine.DecideAsync(request)).IsAdmitted);
        }
    }

    [Fact]
    public async Task Checks_that_are_asked_together_travel_together()
    {
        await using var server = await RedisServer.StartAsync();
        using var engine = new RedisEngine(server.Options(), new FakeTimeProvider()); // whose own looks at the server do not come
        await UntilItDecidesAsync(engine);
        await engine.DecideAsync(Request("one", Plenty));

        // Nothing is awaited in between; which replies come back in between is up to the server, and on a busy machine each may come alone.
        var least = long.MaxValue;
        for (var round = 0; round < 10 && least > 250; round++)
        {
            var before = await ReadsAsync(server);
            var batches = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => Task.WhenAll(
                Enumerable.Range(0, 100).Select(i => engine.DecideAsync(Request($"user-{i}", Plenty))))));
            least = Math.Min(least, await ReadsAsync(server) - before);
            Assert.All(batches, batch => Assert.All(batch, decision => Assert.True(decision.IsAdmitted)));
        }

        Assert.InRange(least, 1, 250);
    }

    [Theory]
    [InlineData(Algorithm.TokenBucket)]
    [InlineData(Algorithm.Gcra)]
    [InlineData(Algorithm.LeakyBucket)]
    public async Task A_bucket_that_takes_centuries_to_fill_is_exact_though_its_instants_are_past_what_a_number_holds(Algorithm algorithm)
    {
        await using var server = await RedisServer.StartAsync();
        var now = new Instant(1_795_308_217_000_001);
        using var engine = new RedisEngine(server.Options(), TimeProvider.System, () => now);
        await UntilItDecidesAsync(engine);

        // One permit in 8,999.999993 s, a million of them at once: 285 years to fill, in a tick of 1 us.
        var spec = LimitSpec.Of(algorithm, Bandwidth.Of(1, TimeSpan.FromMicroseconds(8_999_999_993), 1_000_000));
        var (coreSpec, state) = (spec, LimitKey.Fresh(spec, now));
        foreach (var (permits, pause) in ((long, long)[])[
            (999_999, 1), (1, 3), (1, 8_999_999_988), (1, 1), (7, 18_000_000_001), (3, 2), (2, 5)])
        {
            now = new Instant(now.Microseconds + pause);
            var request = Request("one", spec, Operation.Acquire, permits);
            var expected = LimitKey.Execute(ref coreSpec, ref state, request, default, now).Decision;

            Assert.Equal(expected, await engine.DecideAsync(request));
        }
    }

    [Fact]
    public async Task The_last_32_request_ids_are_remembered_each_until_it_is_60_s_old()
    {
        await using var server = await RedisServer.StartAsync();
        var now = new Instant(1_795_308_217_000_001);
        using var engine = new RedisEngine(server.Options(), TimeProvider.System, () => now);
        await UntilItDecidesAsync(engine);
        var (spec, state) = (Plenty, LimitKey.Fresh(Plenty, now));

        // 33 ids, so that the first is forgotten; then the others again: shortly before, exactly and shortly after 60 s.
        IEnumerable<(int Id, long Pause)> asked =
        [
            .. Enumerable.Range(1, 33).Select(id => (id, 1L)), (1, 0), (3, 0), (33, 0),
            (4, 59_999_970), (5, 0), (7, 2), (8, 1), (10, 0), (34, 1), (33, 0), (34, 59_999_999), (34, 1),
        ];
        foreach (var (id, pause) in asked)
        {
            now = new Instant(now.Microseconds + pause);
            var request = Request("one", Plenty, Operation.Acquire, 2, $"id-{id}");
            var expected = LimitKey.Execute(ref spec, ref state, request, default, now).Decision;
            var actual = await engine.DecideAsync(request);

            Assert.True(expected == actual, $"id-{id} at {now.Microseconds}: {actual} instead of {expected}");
        }
    }

    private static async Task<long> ReadsAsync(RedisServer server)
    {
        var line = (await server.CommandAsync("INFO", "stats")).Split("\r\n")
            .Single(line => line.StartsWith("total_reads_processed:", StringComparison.Ordinal));
        return long.Parse(line.AsSpan(line.IndexOf(':') + 1), System.Globalization.CultureInfo.InvariantCulture);
    }

    private static async Task<long> TimeAsync(RedisServer server)
    {
        var time = (await server.CommandAsync("TIME")).Split('\n');
        return long.Parse(time[0], System.Globalization.CultureInfo.InvariantCulture) * 1_000_000
            + long.Parse(time[1], System.Globalization.CultureInfo.InvariantCulture);
    }
}
