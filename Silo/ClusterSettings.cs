using System.Globalization;
using System.Net;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Engines.Orleans;
using OrleansLimiter.Grains;
using OrleansLimiter.Hosting.Logging;
using OrleansLimiter.Hosting.Metrics;
using OrleansLimiter.Hosting.Settings;
using OrleansLimiter.Limiter;

namespace OrleansLimiter.Silo;

/// <summary>What the variables say of the cluster and of this process's place in it, checked. Immutable; made once, before anything else.</summary>
/// <param name="Client">Where the cluster is, for a client of it (<c>CLUSTER_ID</c>, <c>SERVICE_ID</c>, <c>GATEWAY_PORT</c>).</param>
/// <param name="Redis">Where the list of silos and the snapshots are (<c>REDIS_URL</c>, or <c>REDIS_HOST</c> and <c>REDIS_PORT</c>); null: one silo on this machine, which forgets.</param>
/// <param name="SiloPort">Where silos talk to this one (<c>SILO_PORT</c>).</param>
/// <param name="Address">The address that others are told (<c>ADVERTISED_ADDRESS</c>).</param>
/// <param name="Operations">Where a silo serves health and metrics (<c>OPERATIONS_PORT</c>).</param>
/// <param name="IsCoHosted">Whether a front end's process is a silo too (<c>Cluster:CoHosted</c>).</param>
/// <param name="MaxActiveKeys">The most keys of callers that a silo holds (<c>Cluster:MaxActiveKeys</c>).</param>
/// <param name="MaxActiveKeysPerTenant">The most of one tenant (<c>Cluster:MaxActiveKeysPerTenant</c>); null: a quarter.</param>
/// <param name="MaxActiveOwnKeys">The most of the service's own limits, beside those (<c>Cluster:MaxActiveOwnKeys</c>); null: half as many.</param>
/// <param name="SnapshotInterval">How long after a change a key is stored (<c>Cluster:SnapshotInterval</c>).</param>
/// <param name="ProbeTimeout">How long silos wait for each other's answer, three times in a row, before one is voted out (<c>Cluster:ProbeTimeout</c>).</param>
internal sealed record ClusterSettings(
    ClusterOptions Client,
    RedisAddress? Redis,
    int SiloPort,
    IPAddress Address,
    IPEndPoint Operations,
    bool IsCoHosted,
    long MaxActiveKeys,
    long? MaxActiveKeysPerTenant,
    long? MaxActiveOwnKeys,
    TimeSpan SnapshotInterval,
    TimeSpan ProbeTimeout)
{
    private const string Section = ClusterSettingNames.Section;
    private const string MaxActiveKeysKey = $"{Section}:{nameof(MaxActiveKeys)}";
    private const string MaxActiveKeysPerTenantKey = $"{Section}:{nameof(MaxActiveKeysPerTenant)}";
    private const string MaxActiveOwnKeysKey = $"{Section}:{nameof(MaxActiveOwnKeys)}";
    private const string SnapshotIntervalKey = $"{Section}:{nameof(SnapshotInterval)}";
    private const string ProbeTimeoutKey = $"{Section}:{nameof(ProbeTimeout)}";
    private const string CoHostedKey = $"{Section}:CoHosted";
    private const int DefaultSiloPort = 11_111;
    private static readonly TimeSpan DefaultProbeTimeout = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan MinProbeTimeout = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan MaxProbeTimeout = TimeSpan.FromSeconds(30);
    private static readonly string[] Known = [.. ClusterSettingNames.All.Select(name => $"{Section}:{name}")];

    /// <summary>Reads and checks the variables.</summary>
    /// <param name="configuration">Environment variables, command line and files.</param>
    /// <param name="isDevelopment">Whether one silo on this machine will do where no Redis is named.</param>
    /// <param name="isSilo">Whether the process is a silo and nothing else; a front end is one where it says so itself. A client advertises no address.</param>
    /// <returns>The settings.</returns>
    /// <exception cref="LimiterConfigurationException">Something is wrong; the message names every variable, its value and the rule.</exception>
    public static ClusterSettings Load(IConfiguration configuration, bool isDevelopment, bool isSilo = false)
    {
        var errors = new List<InvalidValue>();
        var client = ClusterOptions.Read(configuration, isDevelopment, errors, out var redis);
        var siloPort = PortVariables.Read(configuration, "SILO_PORT", DefaultSiloPort, errors, least: 1);
        if (siloPort == client.LocalGatewayPort)
            errors.Add(new InvalidValue("GATEWAY_PORT", siloPort.ToString(CultureInfo.InvariantCulture), "must be another port than SILO_PORT"));
        foreach (var unknown in configuration.GetSection(Section).GetChildren().Where(child => !Known.Contains(child.Path, StringComparer.OrdinalIgnoreCase)))
            errors.Add(new InvalidValue(unknown.Path, $"'{unknown.Value}'", $"is not a setting; known are {string.Join(", ", Known)}"));
        OtlpVariables.Check(configuration, errors);
        if (isSilo)
        {
            LogFormat.Check(configuration, errors);
            MisspelledSettings.Check(configuration, errors);
        }

        var isCoHosted = ReadCoHosted(configuration, errors);
        var settings = new ClusterSettings(
            client,
            redis,
            siloPort,
            isSilo || isCoHosted ? AdvertisedAddress.Read(configuration, isDevelopment, errors) : IPAddress.Loopback,
            ListenVariables.ReadOperations(configuration, errors) ?? new IPEndPoint(IPAddress.Loopback, ListenVariables.DefaultOperationsPort),
            isCoHosted,
            ReadKeys(configuration, MaxActiveKeysKey, errors) ?? LimitGrainOptions.DefaultMaxActiveKeys,
            ReadKeys(configuration, MaxActiveKeysPerTenantKey, errors),
            ReadKeys(configuration, MaxActiveOwnKeysKey, errors),
            ReadTime(
                configuration, SnapshotIntervalKey, LimitGrainOptions.DefaultSnapshotInterval, TimeSpan.FromMilliseconds(1), LimitGrainOptions.MaxSnapshotInterval, "must be 1 ms to 1 h, as in 10s or 00:00:10", errors),
            ReadTime(configuration, ProbeTimeoutKey, DefaultProbeTimeout, MinProbeTimeout, MaxProbeTimeout, "must be 100 ms to 30 s, as in 500ms or 00:00:00.5", errors));
        if (settings.MaxActiveKeysPerTenant is { } perTenant && perTenant > settings.MaxActiveKeys)
        {
            errors.Add(new InvalidValue(
                MaxActiveKeysPerTenantKey, perTenant.ToString(CultureInfo.InvariantCulture), string.Create(CultureInfo.InvariantCulture, $"must be at most {MaxActiveKeysKey}, which is {settings.MaxActiveKeys}")));
        }

        return errors.Count == 0 ? settings : throw new LimiterConfigurationException(errors);
    }

    private static bool ReadCoHosted(IConfiguration configuration, List<InvalidValue> errors)
    {
        var text = configuration[CoHostedKey];
        if (string.IsNullOrEmpty(text) || bool.TryParse(text, out var coHosted) && !coHosted)
            return false;
        if (!bool.TryParse(text, out _))
            errors.Add(new InvalidValue(CoHostedKey, $"'{text}'", "must be true or false"));
        return true;
    }

    private static long? ReadKeys(IConfiguration configuration, string setting, List<InvalidValue> errors)
    {
        var text = configuration[setting];
        if (string.IsNullOrEmpty(text))
            return null;
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var keys) && keys is >= 1 and <= LimiterOptions.LargestMaxKeys)
            return keys;
        errors.Add(new InvalidValue(setting, $"'{text}'", "must be a whole number from 1 to 100,000,000"));
        return null;
    }

    private static TimeSpan ReadTime(
        IConfiguration configuration, string setting, TimeSpan otherwise, TimeSpan least, TimeSpan most, string rule, List<InvalidValue> errors)
    {
        var text = configuration[setting];
        if (string.IsNullOrEmpty(text))
            return otherwise;
        if (WindowText.TryParseSpan(text, out var time) && time >= least && time <= most)
            return time;
        errors.Add(new InvalidValue(setting, $"'{text}'", WindowText.RuleFor(text, rule)));
        return otherwise;
    }
}
