using System.Globalization;
using System.Net;
using OrleansLimiter.Api.Composition;
using OrleansLimiter.Configuration;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Hosting.Connections;
using OrleansLimiter.Hosting.Http;
using OrleansLimiter.Hosting.Logging;
using OrleansLimiter.Hosting.Metrics;
using OrleansLimiter.Hosting.Settings;
using OrleansLimiter.Shop.Settings;

namespace OrleansLimiter.Api.Settings;

/// <summary>What the service's own variables say, checked. Immutable; made once, before anything else.</summary>
/// <param name="Port">Where the service listens (<c>PORT</c>). Default 4000; 0 is any free port.</param>
/// <param name="IsLocalOnly">Whether it listens on this machine's own addresses only, as in Development, whose keys everybody knows; else
/// on every address.</param>
/// <param name="Operations">Where health, metrics, the API description and the operators' routes are served (<c>OPERATIONS_PORT</c>); null:
/// on <see cref="Port"/>.</param>
/// <param name="Engine">Who decides (<c>LIMITER_ENGINE</c>).</param>
/// <param name="EngineReason">Why that one, for the start line.</param>
/// <param name="Drain">How long requests are served after readiness has said that the service stops (<c>DRAIN_SECONDS</c>). Default 2 s, in
/// Development 0.</param>
internal sealed record ServiceSettings(
    int Port, bool IsLocalOnly, IPEndPoint? Operations, string Engine, string EngineReason, TimeSpan Drain)
{
    /// <summary>Accounts, sales and their line.</summary>
    public required ShopSettings Shop { get; init; }

    /// <summary>What clients may hold of the service (<c>Connections</c>).</summary>
    public required ConnectionSettings Connections { get; init; }

    /// <summary>Under which names the service may be asked (<c>AllowedHosts</c>).</summary>
    public required HostNames Hosts { get; init; }

    private const int DefaultPort = 4000;
    private const int DefaultDrainSeconds = 2;
    private const int MaxDrainSeconds = 20; // less than a host's time to stop
    private const string MemoryEngine = "memory";
    private const string ClusterEngine = "orleans";
    private static readonly string[] Engines = [MemoryEngine, ClusterEngine, "redis"];

    /// <summary>Where health is served: the address to ask it from this machine.</summary>
    public IPEndPoint Health => Operations ?? new IPEndPoint(IPAddress.Loopback, Port);

    /// <summary>Whether the embedded engine decides.</summary>
    public bool IsEmbedded => Engine == MemoryEngine;

    /// <summary>Reads and checks the variables; the default stands in for what is wrong.</summary>
    /// <param name="configuration">Environment variables, command line and files.</param>
    /// <param name="isDevelopment">Whether the service is for this machine only, and operators are served on <c>PORT</c> unless told
    /// otherwise.</param>
    /// <param name="errors">Where to what is wrong goes: the variable, its value and the rule.</param>
    public static ServiceSettings Read(IConfiguration configuration, bool isDevelopment, List<InvalidValue> errors)
    {
        var port = PortVariables.Read(configuration, "PORT", DefaultPort, errors);
        var operations = ReadOperations(configuration, isDevelopment, port, errors);
        var (engine, reason) = ReadEngine(configuration, errors);
        var redis = RedisAddress.Read(configuration, hasDefaultHost: isDevelopment || engine == MemoryEngine, errors);
        if (engine == MemoryEngine && redis is not null)
            reason += "; Redis is not used";
        var drain = ReadDrain(configuration, isDevelopment, errors);
        var shop = ShopSettings.Read(configuration, isDevelopment, isShared: engine != MemoryEngine, errors);
        var connections = ConnectionSettings.Read(configuration, DescriptorLimit.Read(), shop.Database.Descriptors, errors);
        var hosts = HostNames.Read(configuration, isDevelopment, errors);
        OtlpVariables.Check(configuration, errors);
        LogFormat.Check(configuration, errors);
        MisspelledSettings.Check(configuration, errors);
        if (engine != ClusterEngine)
            ClusterSection.CheckNames(configuration, errors); // else the cluster's own settings are read
        return new ServiceSettings(port, isDevelopment, operations, engine, reason, drain)
        {
            Shop = shop,
            Connections = connections,
            Hosts = hosts,
        };
    }

    private static IPEndPoint? ReadOperations(IConfiguration configuration, bool isDevelopment, int port, List<InvalidValue> errors)
    {
        var operations = ListenVariables.ReadOperations(configuration, errors)
            ?? (isDevelopment ? null : new IPEndPoint(IPAddress.Loopback, ListenVariables.DefaultOperationsPort));
        if (operations is not null && operations.Port == port && port != 0)
            errors.Add(new InvalidValue("OPERATIONS_PORT", operations.Port.ToString(CultureInfo.InvariantCulture),
                "must be another port than PORT, so that operators' routes can be kept from the public"));
        return operations;
    }

    private static TimeSpan ReadDrain(IConfiguration configuration, bool isDevelopment, List<InvalidValue> errors)
    {
        var seconds = new WholeNumberAttribute(0, MaxDrainSeconds).ReadVariable(configuration, "DRAIN_SECONDS", errors);
        return TimeSpan.FromSeconds(seconds ?? (isDevelopment ? 0 : DefaultDrainSeconds));
    }

    private static (string Engine, string Reason) ReadEngine(IConfiguration configuration, List<InvalidValue> errors)
    {
        var chosen = configuration["LIMITER_ENGINE"];
        var redis = RedisAddress.VariableIn(configuration);
        var (engine, reason) = (chosen, redis) switch
        {
            ({ Length: > 0 }, _) => (chosen.ToLowerInvariant(), "LIMITER_ENGINE says so"),
            (_, not null) => ("redis", $"{redis} is set"),
            _ => (MemoryEngine, "nothing else is set"),
        };
        if (!Engines.Contains(engine))
            errors.Add(new InvalidValue("LIMITER_ENGINE", $"'{chosen}'", $"must be one of {string.Join(", ", Engines)}"));
        else if (engine != MemoryEngine && !RemoteEngines.Exists(engine))
            errors.Add(new InvalidValue("LIMITER_ENGINE", $"'{engine}' ({reason})", $"must be {RemoteEngines.Choices}"));
        else
            return (engine, reason);
        return (MemoryEngine, reason);
    }
}
