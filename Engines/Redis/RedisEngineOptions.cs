using System.Globalization;

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
    /// The most commands that may wait for the server's answer at once, those included whose callers have gone: the client's own queue has no
    /// bound, and a server that hangs would become memory. At least 1; default 10,000. Beyond it requests are answered <c>overloaded</c>.
    /// </summary>
    public int MaxUnanswered { get; set; } = DefaultMaxUnanswered;

    /// <summary>Refuses what is out of bounds, by name. A password is not repeated.</summary>
    /// <exception cref="ArgumentException">A setting breaks its rule.</exception>
    public void Validate()
    {
        if (EndPoints.Count == 0)
            throw new ArgumentException("EndPoints is empty: it must name at least one server, as in localhost:6379.");
        foreach (var endPoint in EndPoints)
        {
            var colon = endPoint.LastIndexOf(':');
            if (colon < 1 || !int.TryParse(endPoint.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port is < 1 or > MaxPort)
                throw new ArgumentException($"EndPoints holds '{endPoint}': it must be host:port, with a port from 1 to 65535.");
        }

        if (Database is < 0 or > 1_000)
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"Database is {Database}: it must be from 0 to 1,000."));
        if (MaxUnanswered < 1)
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"MaxUnanswered is {MaxUnanswered}: it must be at least 1."));
    }
}
