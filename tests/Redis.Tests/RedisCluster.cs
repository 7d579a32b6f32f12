using System.Globalization;
using OrleansLimiter.Engines.Redis;

namespace OrleansLimiter.Redis.Tests;

/// <summary>A Redis Cluster of three masters, without replicas, as processes of a test's own.</summary>
internal sealed class RedisCluster : IAsyncDisposable
{
    private const int Slots = 16_384;
    private const int Masters = 3;

    private readonly List<RedisServer> _servers = [];

    /// <summary>The masters: each owns a third of the slots at first.</summary>
    public IReadOnlyList<RedisServer> Servers => _servers;

    public static async Task<RedisCluster> StartAsync()
    {
        var cluster = new RedisCluster();
        try
        {
            for (var i = 0; i < Masters; i++)
                cluster._servers.Add(await RedisServer.StartAsync("--cluster-enabled", "yes", "--cluster-node-timeout", "30000"));
            await cluster.JoinAsync();
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    public RedisEngineOptions Options(Action<RedisEngineOptions>? configure = null)
    {
        var options = new RedisEngineOptions { AnswerPatience = TestEngine.Patience };
        foreach (var server in _servers)
            options.EndPoints.Add(server.Address);
        configure?.Invoke(options);
        return options;
    }

    /// <summary>Moves a slot with its keys from one master to another, as an operator would.</summary>
    public async Task MoveAsync(long slot, RedisServer from, RedisServer to)
    {
        var (text, source, target) = (Text(slot), await from.CommandAsync("CLUSTER", "MYID"), await to.CommandAsync("CLUSTER", "MYID"));
        await to.CommandAsync("CLUSTER", "SETSLOT", text, "IMPORTING", source);
        await from.CommandAsync("CLUSTER", "SETSLOT", text, "MIGRATING", target);
        while (await from.CommandAsync("CLUSTER", "GETKEYSINSLOT", text, "100") is { Length: > 0 } keys)
            await from.CommandAsync(["MIGRATE", "127.0.0.1", Text(to.Port), "", "0", "5000", "KEYS", .. keys.Split('\n')]);
        foreach (var server in (RedisServer[])[to, from, .. _servers])
            await server.CommandAsync("CLUSTER", "SETSLOT", text, "NODE", target);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
            await server.DisposeAsync();
    }

    private async Task JoinAsync()
    {
        for (var i = 0; i < Masters; i++)
        {
            await _servers[i].CommandAsync("CLUSTER", "ADDSLOTSRANGE", Text(Slots * i / Masters), Text(Slots * (i + 1) / Masters - 1));
            await _servers[i].CommandAsync("CLUSTER", "SET-CONFIG-EPOCH", Text(i + 1));
        }

        for (var i = 1; i < Masters; i++)
            await _servers[0].CommandAsync("CLUSTER", "MEET", "127.0.0.1", Text(_servers[i].Port));
        using var limit = new CancellationTokenSource(TestEngine.Limit);
        foreach (var server in _servers)
        {
            await Poll.UntilAsync(
                async () => await server.CommandAsync("CLUSTER", "INFO") is var info
                    && info.Contains("cluster_state:ok", StringComparison.Ordinal)
                    && info.Contains("cluster_known_nodes:3", StringComparison.Ordinal),
                limit.Token);
        }
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
