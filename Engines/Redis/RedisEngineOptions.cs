using System.Globalization;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Core.Quotas;
using OrleansLimiter.Engines.Redis.Quotas;
using StackExchange.Redis;

namespace OrleansLimiter.Engines.Redis;

/// <summary>Which Redis the engine asks, and how.</summary>
public sealed class RedisEngineOptions
{
    /// <summary>The default of <see cref="MaxUnanswered"/>.</summary>
    public const int DefaultMaxUnanswered = 10_000;

    private const int MaxPort = 65_535;

    /// <summary>One server, or some of a Redis Cluster's: <c>host:port</c> each, an IPv6 address in brackets. At least one.</summary>
    public IList<string> EndPoints { get; } = [];

    /// <summary>The user of an access control list; null for the default user.</summary>
    public string? User { get; set; }

    /// <summary>The password; null for none. Never printed.</summary>
    public string? Password { get; set; }

    /// <summary>Whether the connection is encrypted. The server's certificate must be valid for the host's name.</summary>
    public bool Ssl { get; set; }

    /// <summary>Which of the server's databases: 0 to 1,000, default 0. A Redis Cluster has 0 alone.</summary>
    public int Database { get; set; }

    /// <summary>
    /// What the names of all keys begin with, and a colon: apps of different names count apart on one server, and those of one name
    /// together. At most 64 letters, digits, '.', '_', '-', '~' or '%'. Default: empty, and names have no such beginning.
    /// </summary>
    public string Application { get; set; } = "";

    /// <summary>
    /// The most commands that may wait for the server's answer at once, those included whose callers have gone: the client's own queue has
    /// no bound, and a server that hangs would become memory. At least 1; default 10,000. Beyond it requests are answered
    /// <c>overloaded</c>.
    /// </summary>
    public int MaxUnanswered { get; set; } = DefaultMaxUnanswered;

    /// <summary>
    /// The most keys of all callers' tenants on the server, or on all of a Redis Cluster's together; beyond it new ones are answered
    /// <c>keyTableFull</c>. Of plain keys, each 176 bytes of the server's memory: one that takes more counts for more. 1 to
    /// 1,000,000,000,000; default 1,000,000. Held to by samples: some percent off, and what comes within half a second.
    /// </summary>
    public long MaxKeys { get; set; } = 1_000_000;

    /// <summary>The most keys of one tenant. 1 to <see cref="MaxKeys"/>; default (null) a quarter of it, at least 1.</summary>
    public long? MaxKeysPerTenant { get; set; }

    /// <summary>
    /// The most keys of the tenant <c>~app</c>, beside <see cref="MaxKeys"/>. 1 to 1,000,000,000,000; default (null) half of
    /// <see cref="MaxKeys"/>, at least 1,000.
    /// </summary>
    public long? MaxOwnKeys { get; set; }

    /// <summary>Among how many policies half of <see cref="MaxOwnKeys"/> is divided. At least 1, default 8.</summary>
    public int OwnPolicies { get; set; } = 8;

    /// <summary>
    /// How many front ends make keys, at least 1 (default): what this one makes between two looks is taken for as much of each.
    /// </summary>
    public int FrontEnds { get; set; } = 1;

    /// <summary>The quotas in bytes of the servers' memory.</summary>
    internal QuotaSizes Sizes => QuotaSizes.OfKeys(KeyCensus.PlainBytes, MaxKeys, MaxKeysPerTenant, MaxOwnKeys, OwnPolicies);

    /// <summary>How long a connection may take: longer for tests, on machines that have other work.</summary>
    internal TimeSpan ConnectPatience { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a server's answer may take: likewise.</summary>
    internal TimeSpan AnswerPatience { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How many messages of one policy are under way before others wait for company: other numbers are for tests.</summary>
    internal int CallsAlone { get; set; } = 2;

    /// <summary>The most requests that travel together.</summary>
    internal int MostInBatch { get; set; } = 64;

    /// <summary>Whether servers are asked too on which limits do not hold: for the trial that shows which tests fail there.</summary>
    internal bool AsksAnyServer { get; set; }

    /// <summary>Put around the client's database: for tests of what it may throw.</summary>
    internal Func<IDatabase, IDatabase>? Decorate { get; set; }

    /// <summary>Refuses what is out of bounds, by name. A password is not repeated.</summary>
    /// <exception cref="ArgumentException">A setting breaks its rule.</exception>
    public void Validate()
    {
        if (EndPoints.Count == 0)
            throw new ArgumentException("EndPoints is empty: it must name at least one server, as in localhost:6379.");
        foreach (var endPoint in EndPoints)
        {
            var colon = endPoint.LastIndexOf(':');
            if (colon < 1 || !int.TryParse(endPoint.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
                || port is < 1 or > MaxPort)
                throw new ArgumentException($"EndPoints holds '{endPoint}': it must be host:port, with a port from 1 to 65535.");
        }

        if (Database is < 0 or > 1_000)
            throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture, $"Database is {Database}: it must be from 0 to 1,000."));
        if (!ApplicationName.IsValid(Application))
            throw new ArgumentException($"Application is '{Application}': it {ApplicationName.Rule}.");
        AtLeastOne(nameof(MaxUnanswered), MaxUnanswered);
        AtLeastOne(nameof(MaxKeys), MaxKeys, QuotaSizes.MostKeys);
        AtLeastOne(nameof(MaxOwnKeys), MaxOwnKeys ?? 1, QuotaSizes.MostKeys);
        AtLeastOne(nameof(OwnPolicies), OwnPolicies);
        AtLeastOne(nameof(FrontEnds), FrontEnds);
        if (MaxKeysPerTenant is { } perTenant && (perTenant < 1 || perTenant > MaxKeys))
            throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture, $"MaxKeysPerTenant is {perTenant}: it must be from 1 to MaxKeys, which is {MaxKeys}."));
    }

    private static void AtLeastOne(string name, long value, long most = long.MaxValue)
    {
        if (value < 1)
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"{name} is {value}: it must be at least 1."));
        if (value > most)
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"{name} is {value}: it must be at most {most:N0}."));
    }
}
