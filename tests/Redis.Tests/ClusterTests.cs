using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Engines.Redis;
using Xunit;
using static OrleansLimiter.Redis.Tests.TestEngine;

namespace OrleansLimiter.Redis.Tests;

/// <summary>A Redis Cluster of three masters: each key in one slot, and a slot may move while it is in use.</summary>
public sealed class ClusterTests
{
    [Fact]
    public async Task A_slot_that_moves_while_it_is_in_use_loses_no_charge_and_fails_no_call()
    {
        await using var cluster = await RedisCluster.StartAsync();
        using var engine = new RedisEngine(cluster.Options(), TimeProvider.System);
        await UntilItDecidesAsync(engine);
        var slot = await cluster.Servers[0].NumberAsync("CLUSTER", "KEYSLOT", NameOf("one"));
        var owner = await OwnerAsync(cluster, slot);
        var target = cluster.Servers.First(server => server != owner);
        using var stop = new CancellationTokenSource();
        var (admitted, faults) = (0, 0);
        var callers = Enumerable.Range(0, 8).Select(_ => Task.Run(
            async () =>
            {
                while (!stop.IsCancellationRequested)
                {
                    var reply = await engine.AskAsync(Request("one", Plenty));
                    Interlocked.Increment(ref reply.IsFault ? ref faults : ref admitted);
                    await Task.Yield();
                }
            },
            TestContext.Current.CancellationToken)).ToArray();
        await UntilAsync(engine, _ => Task.FromResult(Volatile.Read(ref admitted) > 200));

        await cluster.MoveAsync(slot, owner, target);
        var atMove = Volatile.Read(ref admitted);
        await UntilAsync(engine, _ => Task.FromResult(Volatile.Read(ref admitted) > atMove + 200));
        await stop.CancelAsync();
        await Task.WhenAll(callers);

        Assert.Equal(0, faults);
        Assert.Equal(Plenty.Capacity - admitted, await engine.RemainingAsync("one", Plenty));
        Assert.Equal(1, await target.NumberAsync("EXISTS", NameOf("one")));
    }

    [Fact]
    public async Task A_slot_that_moves_while_requests_with_ids_use_it_charges_each_once_and_is_at_most_a_fault_for_a_while()
    {
        // State and answered requests are two keys: while one is here and the other there, the masters turn a script away.
        await using var cluster = await RedisCluster.StartAsync();
        using var engine = new RedisEngine(cluster.Options(), TimeProvider.System);
        await UntilItDecidesAsync(engine);
        var slot = await cluster.Servers[0].NumberAsync("CLUSTER", "KEYSLOT", NameOf("one"));
        var owner = await OwnerAsync(cluster, slot);
        var target = cluster.Servers.First(server => server != owner);
        using var stop = new CancellationTokenSource();
        var admitted = 0;
        var faults = new System.Collections.Concurrent.ConcurrentBag<EngineFault>();
        var callers = Enumerable.Range(0, 8).Select(caller => Task.Run(
            async () =>
            {
                for (var order = 0; !stop.IsCancellationRequested; order++)
                {
                    // The same request until it is decided, as a client that retries.
                    var request = Request("one", Plenty, id: $"order-{caller}-{order}");
                    while (await engine.AskAsync(request) is { IsFault: true } reply)
                        faults.Add(reply.Fault);
                    Interlocked.Increment(ref admitted);
                }
            },
            TestContext.Current.CancellationToken)).ToArray();
        await UntilAsync(engine, _ => Task.FromResult(Volatile.Read(ref admitted) > 200));

        await cluster.MoveAsync(slot, owner, target);
        var atMove = Volatile.Read(ref admitted);
        await UntilAsync(engine, _ => Task.FromResult(Volatile.Read(ref admitted) > atMove + 200));
        await stop.CancelAsync();
        await Task.WhenAll(callers);

        Assert.All(faults, fault => Assert.Equal(EngineFault.Unavailable, fault));
        Assert.Equal(Plenty.Capacity - admitted, await engine.RemainingAsync("one", Plenty));
        Assert.Equal(2, await target.NumberAsync("EXISTS", NameOf("one"), $"r{{{Scope}/one}}"));
    }

    [Fact]
    public async Task Keys_are_spread_over_the_masters_each_with_its_request_ids_and_its_partition()
    {
        await using var cluster = await RedisCluster.StartAsync();
        using var engine = new RedisEngine(cluster.Options(), TimeProvider.System);
        await UntilItDecidesAsync(engine);
        var subjects = Enumerable.Range(0, 60).Select(i => $"user-{i}").ToList();
        await UntilAsync(engine, engine => Task.FromResult(engine.PartitionOf(SubjectKey.Of(Scope, subjects[0])) >= 0));

        foreach (var subject in subjects)
        {
            Assert.Equal(9, (await engine.DecideAsync(Request(subject, TenAnHour, id: "order-1"))).Remaining);
            Assert.Equal(9, (await engine.DecideAsync(Request(subject, TenAnHour, id: "order-1"))).Remaining);
        }

        var partitions = new Dictionary<int, RedisServer>();
        foreach (var subject in subjects)
        {
            var owner = await OwnerAsync(cluster, await cluster.Servers[0].NumberAsync("CLUSTER", "KEYSLOT", NameOf(subject)));
            Assert.Equal(2, await owner.NumberAsync("EXISTS", NameOf(subject), $"r{{{Scope}/{subject}}}"));
            var partition = engine.PartitionOf(SubjectKey.Of(Scope, subject));
            Assert.Same(owner, partitions.GetValueOrDefault(partition, owner));
            partitions[partition] = owner;
        }

        Assert.Equal([0, 1, 2], partitions.Keys.Order());
        foreach (var server in cluster.Servers)
            Assert.InRange(await server.NumberAsync("DBSIZE"), 2, 118);
    }

    [Fact]
    public async Task A_lost_master_is_a_fault_for_its_own_keys_alone()
    {
        await using var cluster = await RedisCluster.StartAsync();
        foreach (var server in cluster.Servers)
            await server.CommandAsync("CONFIG", "SET", "cluster-require-full-coverage", "no");
        using var engine = new RedisEngine(cluster.Options(), TimeProvider.System);
        await UntilItDecidesAsync(engine);
        var lost = cluster.Servers[1];
        var (of, others) = (new List<string>(), new List<string>());
        for (var i = 0; i < 30; i++)
            (await OwnerAsync(cluster, await lost.NumberAsync("CLUSTER", "KEYSLOT", NameOf($"user-{i}"))) == lost ? of : others)
                .Add($"user-{i}");
        foreach (var subject in others)
            await engine.DecideAsync(Request(subject, TenAnHour));

        await lost.KillAsync();
        await UntilAsync(engine, async engine => (await engine.AskAsync(Request(of[0], TenAnHour))).IsFault);

        foreach (var subject in of)
            Assert.Equal(EngineFault.Unavailable, (await engine.AskAsync(Request(subject, TenAnHour))).Fault);
        foreach (var subject in others)
            Assert.Equal(8, (await engine.DecideAsync(Request(subject, TenAnHour))).Remaining);
    }

    [Fact]
    public async Task A_single_server_has_no_partitions()
    {
        await using var server = await RedisServer.StartAsync();
        using var engine = await ConnectAsync(server);

        Assert.Equal(-1, engine.PartitionOf(SubjectKey.Of(Scope, "one")));
    }

    private static async Task<RedisServer> OwnerAsync(RedisCluster cluster, long slot)
    {
        foreach (var server in cluster.Servers)
        {
            foreach (var line in (await server.CommandAsync("CLUSTER", "NODES")).Split('\n')
                .Where(line => line.Contains("myself", StringComparison.Ordinal)))
            {
                if (line.Split(' ').Skip(8).Select(range => range.Split('-').Select(long.Parse).ToArray())
                    .Any(range => slot >= range[0] && slot <= range[^1]))
                    return server;
            }
        }

        throw new InvalidOperationException("Nobody owns the slot.");
    }
}
