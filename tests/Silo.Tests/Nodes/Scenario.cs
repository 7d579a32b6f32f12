using System.Globalization;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using OrleansLimiter.TestKit.Processes;
using Xunit;

namespace OrleansLimiter.Silo.Tests.Nodes;

/// <summary>The processes of one test: a cluster of its own, with logs in <c>artifacts/silo-tests</c>. Used by one test.</summary>
internal sealed class Scenario : IAsyncDisposable
{
    /// <summary>A policy that refills nothing while a test runs, so that what is left of it is exact.</summary>
    public const string Slow = "slow";

    private readonly string _folder;
    private readonly string _person = $"joe{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6))}";
    private readonly string _cluster = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6));
    private readonly List<Node> _nodes = [];
    private readonly Dictionary<string, string> _shared;

    private Scenario(string folder)
    {
        _folder = folder;
        Redis = Add(new RedisNode(LogOf("redis"), Ports.Next()));
        _shared = new()
        {
            ["ASPNETCORE_ENVIRONMENT"] = "Development",
            ["DOTNET_EnableDiagnostics"] = "0", // killed processes would leave its sockets behind
            ["DOTNET_TieredPGO"] = "0", // what pays off after minutes only makes a short life slower
            ["REDIS_URL"] = Redis.Url,
            ["CLUSTER_ID"] = _cluster,
            ["SERVICE_ID"] = _cluster,
        };
    }

    /// <summary>The key of the list of silos.</summary>
    public string ListKey => $"{_cluster}/members/{_cluster}";

    /// <summary>Where the silos meet. Not started.</summary>
    public RedisNode Redis { get; }

    /// <summary>Makes one, named after the test. Skips the test where a Redis server is not installed.</summary>
    public static Scenario Create([CallerMemberName] string name = "")
    {
        Assert.SkipWhen(Programs.Redis is null, "redis-server is not installed: apt-get install redis-server");
        var folder = Path.Combine(Programs.Root, "artifacts", "silo-tests", name);
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
        Directory.CreateDirectory(folder);
        return new Scenario(folder);
    }

    /// <summary>A key that tells who it is: it must not come up in any log.</summary>
    public string Key(int number) => string.Create(CultureInfo.InvariantCulture, $"{_person}-{number}");

    /// <summary>Keys of a policy that is stored, and of one that is not, in turn.</summary>
    public (string Key, string Policy)[] Keys(int count) =>
        [.. Enumerable.Range(0, count).Select(i => (Key(i), i % 2 == 0 ? "default" : "fixed-window"))];

    /// <summary>A Redis server beside that where the silos meet, in a folder of its own. Not started.</summary>
    public RedisNode OtherRedis(string name)
    {
        var folder = Path.Combine(_folder, name);
        Directory.CreateDirectory(folder);
        return Add(new RedisNode(Path.Combine(folder, "redis.log"), Ports.Next()));
    }

    /// <summary>A silo, not started.</summary>
    public SiloNode Silo(string name, params (string Name, string Value)[] variables)
    {
        var port = Ports.Next();
        return Add(new SiloNode(LogOf(name), port, With(
            [("OPERATIONS_PORT", Text(port)), .. SiloVariables(), .. variables])));
    }

    /// <summary>A front end, not started.</summary>
    public FrontEndNode FrontEnd(string name, params (string Name, string Value)[] variables)
    {
        var port = Ports.Next();
        return Add(new FrontEndNode(LogOf(name), port, With(
            [
                ("LIMITER_ENGINE", "orleans"), ("PORT", Text(port)),
                ("JWT_SECRET", "a secret of the tests, of at least 32 bytes"),
                    ("DATABASE_URL", $"sqlite:{Path.Combine(_folder, $"{name}.db")}"),
                ($"Limiter__Policies__{Slow}__Algorithm", "tokenBucket"), ($"Limiter__Policies__{Slow}__Limit", "100"),
                    ($"Limiter__Policies__{Slow}__Window", "300d"),
                .. variables,
            ])));
    }

    /// <summary>A front end that is a silo too, not started.</summary>
    public FrontEndNode CoHosted(string name, params (string Name, string Value)[] variables) =>
        FrontEnd(name, [("Cluster__CoHosted", "true"), .. SiloVariables(), .. variables]);

    /// <summary>Fails if a key is in a log.</summary>
    public void NoKeyIsLogged()
    {
        Assert.All(
            _nodes.Where(node => node is not RedisNode),
            node => Assert.True(node.CountInLog(_person) == 0, $"A key is in {node.Log}: it holds {_person}."));
        Assert.Contains(_nodes, node => node.CountInLog("info:") > 0);
    }

    /// <summary>Kills what still runs.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
            await node.DisposeAsync();
    }

    /// <summary>
    /// Ports of its own, and more patience with each other than silos have by default: the machine may be busy with other tests.
    /// </summary>
    private static (string Name, string Value)[] SiloVariables() =>
        [("SILO_PORT", Text(Ports.Next())), ("GATEWAY_PORT", Text(Ports.Next())), ("Cluster__ProbeTimeout", "1s")];

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);

    private string LogOf(string name) => Path.Combine(_folder, $"{name}.log");

    private Dictionary<string, string> With((string Name, string Value)[] variables)
    {
        var all = new Dictionary<string, string>(_shared);
        foreach (var (name, value) in variables)
            all[name] = value;
        return all;
    }

    private T Add<T>(T node)
        where T : Node
    {
        _nodes.Add(node);
        return node;
    }
}
