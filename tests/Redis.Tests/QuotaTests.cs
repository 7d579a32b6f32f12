using OrleansLimiter.Conformance;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Core.Ports;
using OrleansLimiter.Engines.Redis;
using OrleansLimiter.Engines.Redis.Quotas;
using OrleansLimiter.TestKit;
using Xunit;
using static OrleansLimiter.Redis.Tests.TestEngine;

namespace OrleansLimiter.Redis.Tests;

/// <summary>Who may have how many keys on a server, which no request asks about: it is estimated from keys drawn at random.</summary>
public sealed class QuotaTests
{
    [Fact]
    public async Task It_keeps_to_the_quotas_as_every_engine_does_but_for_some_percent()
    {
        await using var server = await RedisServer.StartAsync();
        using var engine = await ConnectAsync(server, maxKeys: 2_000);

        await QuotaSuite.RunAsync(await Target.MeasureAsync(server, engine), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task It_keeps_to_them_on_a_Redis_Cluster()
    {
        await using var cluster = await RedisCluster.StartAsync();
        using var engine = new RedisEngine(cluster.Options(Small(2_000)), new FakeTimeProvider());
        await UntilItDecidesAsync(engine);
        var target = new Target(engine, 176);

        for (var i = 0; i < 2_000; i++)
        {
            await target.SettleAsync(TestContext.Current.CancellationToken);
            await engine.AskAsync(Of("flood", i));
        }

        var fault = (await engine.AskAsync(Of("flood", 2_001))).Fault;
        Assert.Equal(EngineFaultKind.KeyTableFull, fault.Kind);
        Assert.InRange(fault.RetryAfter.Microseconds, 1, 360_000_000);
        Assert.True((await engine.DecideAsync(Of("flood", 1))).IsAdmitted);
        Assert.True((await engine.DecideAsync(Of("other", 1))).IsAdmitted);
    }

    [Fact]
    public async Task Two_front_ends_keep_to_one_quota_and_one_that_starts_afresh_knows_of_it_at_its_first_look()
    {
        await using var server = await RedisServer.StartAsync();
        using var one = await ConnectAsync(server, maxKeys: 4_000, frontEnds: 2);
        using var two = await ConnectAsync(server, maxKeys: 4_000, frontEnds: 2);
        for (var i = 0; i < 3_000; i++)
        {
            if (i % 40 == 0)
                await Task.WhenAll(one.LookAtKeysAsync(), two.LookAtKeysAsync());
            await (i % 2 == 0 ? one : two).AskAsync(Of("flood", i));
        }

        var made = await server.NumberAsync("DBSIZE");
        var expected = 1_000.0 * KeyCensus.PlainBytes / (
            await server.NumberAsync("MEMORY", "USAGE", "l{flood/default/user-0}") + KeyCensus.TableBytes);
        Assert.InRange(made, 0.8 * expected, 1.2 * expected);

        using var afresh = await ConnectAsync(server, maxKeys: 4_000 * 9 / 10);
        await afresh.LookAtKeysAsync();
        Assert.Equal(EngineFaultKind.KeyTableFull, (await afresh.AskAsync(Of("flood", 10_000))).Fault.Kind);
        Assert.False((await afresh.AskAsync(Of("other", 1))).IsFault);
    }

    [Fact]
    public async Task Where_there_is_no_room_no_key_grows_and_nothing_is_charged()
    {
        await using var server = await RedisServer.StartAsync();
        using var engine = await ConnectAsync(server, maxKeys: 400);
        var log = LimitSpec.Of(Algorithm.SlidingWindowLog, Bandwidth.Of(6, TimeSpan.FromHours(1)));
        await engine.DecideAsync(Of("flood", -1, log));
        await engine.DecideAsync(Of("flood", -2) with { Id = RequestId.Of("order-1") });
        for (var i = 0; i < 1_000; i++)
        {
            if (i % 20 == 0)
                await engine.LookAtKeysAsync();
            await engine.AskAsync(Of("flood", i));
        }

        // A log grows by an entry, a key by what it remembers of a request; one of numbers alone does not grow.
        foreach (var grown in (LimitRequest[])[
            Of("flood", -1, log), Of("flood", -1, log) with { Operation = Operation.Charge },
            Of("flood", -2) with { Id = RequestId.Of("order-2") }])
            Assert.Equal(EngineFaultKind.KeyTableFull, (await engine.AskAsync(grown)).Fault.Kind);
        Assert.Equal(5, (await engine.DecideAsync(
            Of("flood", -1, log) with { Operation = Operation.Peek, Permits = Permits.Zero })).Remaining);
        Assert.Equal(9, (await engine.DecideAsync(Of("flood", -2) with { Id = RequestId.Of("order-1") })).Remaining);
        Assert.Equal(8, (await engine.DecideAsync(Of("flood", -2))).Remaining);

        // What is refused and what changes nothing need no room.
        Assert.Equal(Outcome.Limited, (await engine.DecideAsync(Of("flood", -1, log) with { Permits = Permits.Of(6) })).Outcome);
        Assert.Equal(10, (await engine.DecideAsync(Of("flood", 5_000) with { Operation = Operation.Refund })).Remaining);
        Assert.Equal(10, (await engine.DecideAsync(
            Of("flood", 5_000) with { Operation = Operation.Peek, Permits = Permits.Zero })).Remaining);
    }

    [Fact]
    public async Task There_is_room_again_when_keys_have_expired()
    {
        await using var server = await RedisServer.StartAsync();
        using var engine = await ConnectAsync(server, maxKeys: 400);
        var soonWhole = LimitSpec.Of(Algorithm.TokenBucket, Bandwidth.Of(1, TimeSpan.FromSeconds(1)));
        EngineFault fault = default;
        for (var i = 0; fault.Kind == EngineFaultKind.None; i++)
        {
            if (i % 20 == 0)
                await engine.LookAtKeysAsync();
            fault = (await engine.AskAsync(Of("flood", i, soonWhole))).Fault;
        }

        Assert.InRange(fault.RetryAfter.Microseconds, 1, 1_000_000);
        await UntilAsync(engine, async engine =>
        {
            await engine.LookAtKeysAsync();
            return !(await engine.AskAsync(Of("flood", -1, soonWhole))).IsFault;
        });
    }

    [Fact]
    public async Task What_a_key_is_taken_to_weigh_is_what_it_takes_of_the_servers_memory()
    {
        const int Keys = 8_000;
        const int LeastKeys = 400; // the server's own ups and downs are some kB
        foreach (var (what, spec, id, times) in ((string, LimitSpec, string?, int)[])
        [
            ("a plain key", TenAnHour, null, 1),
            ("a key with 32 request ids", Plenty, new string('x', 60), 32),
            ("a log of 100 entries", LimitSpec.Of(Algorithm.SlidingWindowLog, Bandwidth.Of(1_000, TimeSpan.FromHours(10))), null, 100),
        ])
        {
            await using var server = await RedisServer.StartAsync();
            using var engine = await ConnectAsync(server, maxKeys: 10_000_000);
            var keys = Math.Max(LeastKeys, Keys / times);
            var before = await UsedMemoryAsync(server);

            // Not all at once: what the server keeps for questions that wait would be weighed too.
            foreach (var some in Enumerable.Range(0, keys).Chunk(100))
            {
                await Task.WhenAll(some.Select(async key =>
                {
                    var request = Of("weighed", key, spec);
                    for (var i = 0; i < times; i++)
                        await engine.DecideAsync(request with { Id = id is null ? RequestId.None : RequestId.Of($"{id}{i}") });
                }));
            }

            var real = await UsedMemoryAsync(server) - before;
            await engine.LookAtKeysAsync();

            Assert.True(engine.BytesOf(KeyScope.Of("weighed", "default")) / real is >= 0.7 and <= 1.3,
                $"{what}: {engine.BytesOf(KeyScope.Of("weighed", "default")) / keys:F0} B instead of {real / keys:F0} B");
        }
    }

    [Theory]
    [InlineData(0, null, null, 8, 1, "MaxKeys is 0: it must be at least 1.")]
    [InlineData(10, 11L, null, 8, 1, "MaxKeysPerTenant is 11: it must be from 1 to MaxKeys, which is 10.")]
    [InlineData(10, null, 0L, 8, 1, "MaxOwnKeys is 0: it must be at least 1.")]
    [InlineData(10, null, null, 0, 1, "OwnPolicies is 0: it must be at least 1.")]
    [InlineData(10, null, null, 8, 0, "FrontEnds is 0: it must be at least 1.")]
    public void Options_out_of_bounds_are_refused_by_name(
        long maxKeys, long? perTenant, long? own, int policies, int frontEnds, string rule)
    {
        var options = new RedisEngineOptions
        {
            MaxKeys = maxKeys,
            MaxKeysPerTenant = perTenant,
            MaxOwnKeys = own,
            OwnPolicies = policies,
            FrontEnds = frontEnds,
        };
        options.EndPoints.Add("localhost:6379");

        Assert.Equal(rule, Assert.Throws<ArgumentException>(options.Validate).Message);
    }

    [Fact]
    public async Task A_user_who_may_not_see_whose_keys_there_are_is_a_risk_that_is_told()
    {
        await using var server = await RedisServer.StartAsync();
        await server.CommandAsync("ACL", "SETUSER", "narrow", "on", ">narrow", "~*", "&*", "+@all", "-randomkey");
        using var engine = new RedisEngine(
            server.Options(options => (options.User, options.Password) = ("narrow", "narrow")), TimeProvider.System);

        await UntilAsync(engine, engine => Task.FromResult(engine.Connection.Risk is not null));

        Assert.Contains("RANDOMKEY", engine.Connection.Risk, StringComparison.Ordinal);
    }

    private static async Task<double> UsedMemoryAsync(RedisServer server)
    {
        var info = await server.CommandAsync("INFO", "memory");
        return double.Parse(info.Split('\n').First(line => line.StartsWith("used_memory:", StringComparison.Ordinal)).Split(':')[1].Trim(),
            System.Globalization.CultureInfo.InvariantCulture);
    }

    private static LimitRequest Of(string tenant, int subject, LimitSpec? spec = null) =>
        new(SubjectKey.Of(KeyScope.Of(tenant, "default"), $"user-{subject}"), spec ?? TenAnHour, Operation.Acquire, Permits.One);

    private static Action<RedisEngineOptions> Small(long maxKeys, int frontEnds = 1) => options =>
    {
        options.FrontEnds = frontEnds;
        (options.MaxKeys, options.MaxKeysPerTenant, options.MaxOwnKeys, options.OwnPolicies) = (maxKeys, maxKeys / 4, maxKeys, 4);
    };

    // Its own looks do not come, since its clock stands: a test takes them.
    private static async Task<RedisEngine> ConnectAsync(RedisServer server, long maxKeys, int frontEnds = 1)
    {
        var engine = new RedisEngine(server.Options(Small(maxKeys, frontEnds)), new FakeTimeProvider());
        await UntilItDecidesAsync(engine);
        return engine;
    }

    private sealed class Target(RedisEngine engine, double bytesOfKey) : IQuotaTarget
    {
        private int _requests;

        public ILimitEngine Engine => engine;

        public long Callers => (long)(2_000 * KeyCensus.PlainBytes / bytesOfKey);

        public long PerTenant => Callers / 4;

        public long Own => Callers;

        public long OwnPerPolicy => Own / 8;

        public long OwnCommon => Own / 2;

        public double Tolerance => 0.15;

        public bool TellsWhenExactly => false;

        public static async Task<Target> MeasureAsync(RedisServer server, RedisEngine engine)
        {
            await engine.DecideAsync(Of("flood", 1_000_000_000));
            var bytes = await server.NumberAsync("MEMORY", "USAGE", "l{flood/default/user-1000000000}");
            await server.CommandAsync("FLUSHALL");
            return new Target(engine, bytes + KeyCensus.TableBytes);
        }

        public async ValueTask SettleAsync(CancellationToken cancellationToken)
        {
            if (_requests++ % 20 == 0)
                await engine.LookAtKeysAsync();
        }
    }
}
