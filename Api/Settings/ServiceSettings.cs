using System.Globalization;
using System.Net;
using OrleansLimiter.Api.Metrics;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Limiter;

namespace OrleansLimiter.Api.Settings;

/// <summary>What the service's own variables say, checked. Immutable; made once, before anything else.</summary>
/// <param name="Port">Where the service listens (<c>PORT</c>). Default 4000; 0 is any free port.</param>
/// <param name="IsLocalOnly">Whether it listens on this machine's own addresses only, as in Development, whose keys everybody knows; else on every address.</param>
/// <param name="Operations">Where health, metrics, the API description and the operators' routes are served (<c>OPERATIONS_PORT</c>); null: on <see cref="Port"/>.</param>
/// <param name="Engine">Who decides (<c>LIMITER_ENGINE</c>).</param>
/// <param name="EngineReason">Why that one, for the start line.</param>
internal sealed record ServiceSettings(int Port, bool IsLocalOnly, IPEndPoint? Operations, string Engine, string EngineReason)
{
    /// <summary>Where operators are served outside Development, on loopback.</summary>
    public const int DefaultOperationsPort = 4090;

    private const int DefaultPort = 4000;
    private const string MemoryEngine = "memory";
    private const string PortRule = "must be a whole number from 0 (any free port) to 65,535";
    private static readonly string[] Engines = [MemoryEngine, "orleans", "redis"];
    private static readonly string[] RedisVariables = ["REDIS_HOST", "REDIS_PORT", "REDIS_URL"];

    /// <summary>Reads and checks the variables.</summary>
    /// <param name="configuration">Environment variables, command line and files.</param>
    /// <param name="isDevelopment">Whether the service is for this machine only, and operators are served on <c>PORT</c> unless told otherwise.</param>
    /// <returns>The settings.</returns>
    /// <exception cref="LimiterConfigurationException">Something is wrong; the message names every variable, its value and the rule.</exception>
    public static ServiceSettings Load(IConfiguration configuration, bool isDevelopment)
    {
        var errors = new List<InvalidValue>();
        var port = ReadPort(configuration, errors);
        var operations = ReadOperations(configuration, isDevelopment, port, errors);
        var (engine, reason) = ReadEngine(configuration, errors);
        OtlpVariables.Check(configuration, errors);
        return errors.Count == 0 ? new ServiceSettings(port, isDevelopment, operations, engine, reason) : throw new LimiterConfigurationException(errors);
    }

    private static int ReadPort(IConfiguration configuration, List<InvalidValue> errors)
    {
        var text = configuration["PORT"];
        if (string.IsNullOrEmpty(text))
            return DefaultPort;
        if (TryReadPort(text, out var port))
            return port;
        errors.Add(new InvalidValue("PORT", $"'{text}'", PortRule));
        return DefaultPort;
    }

    private static IPEndPoint? ReadOperations(IConfiguration configuration, bool isDevelopment, int port, List<InvalidValue> errors)
    {
        var text = configuration["OPERATIONS_PORT"];
        if (string.IsNullOrEmpty(text))
            return isDevelopment ? null : Checked(new IPEndPoint(IPAddress.Loopback, DefaultOperationsPort), port, errors);

        // A number alone, or with the address to listen on: 4090, 0.0.0.0:4090, [::]:4090.
        if (TryReadPort(text, out var alone))
            return Checked(new IPEndPoint(IPAddress.Loopback, alone), port, errors);
        var colon = text.LastIndexOf(':');
        if (colon > 0 && IPAddress.TryParse(text[..colon].Trim('[', ']'), out var address) && TryReadPort(text[(colon + 1)..], out var after)
            && text.StartsWith('[') == (address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6))
            return Checked(new IPEndPoint(address, after), port, errors);
        errors.Add(new InvalidValue("OPERATIONS_PORT", $"'{text}'", $"{PortRule}, alone (loopback) or after an address, as in 0.0.0.0:{DefaultOperationsPort}"));
        return null;
    }

    private static IPEndPoint Checked(IPEndPoint operations, int port, List<InvalidValue> errors)
    {
        if (operations.Port == port && port != 0)
            errors.Add(new InvalidValue("OPERATIONS_PORT", operations.Port.ToString(CultureInfo.InvariantCulture), "must be another port than PORT, so that operators' routes can be kept from the public"));
        return operations;
    }

    private static (string Engine, string Reason) ReadEngine(IConfiguration configuration, List<InvalidValue> errors)
    {
        var chosen = configuration["LIMITER_ENGINE"];
        var redis = Array.Find(RedisVariables, variable => !string.IsNullOrEmpty(configuration[variable]));
        var (engine, reason) = (chosen, redis) switch
        {
            ({ Length: > 0 }, _) => (chosen.ToLowerInvariant(), "LIMITER_ENGINE says so"),
            (_, not null) => ("redis", $"{redis} is set"),
            _ => (MemoryEngine, "nothing else is set"),
        };
        if (!Engines.Contains(engine))
            errors.Add(new InvalidValue("LIMITER_ENGINE", $"'{chosen}'", $"must be one of {string.Join(", ", Engines)}"));
        else if (engine != MemoryEngine)
            errors.Add(new InvalidValue("LIMITER_ENGINE", $"'{engine}' ({reason})", "must be memory: this build has no other engine"));
        return (engine, reason);
    }

    private static bool TryReadPort(string text, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port <= IPEndPoint.MaxPort;
}
