using System.Globalization;
using System.Net;
using OrleansLimiter.Configuration;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Engines.Orleans;
using OrleansLimiter.Grains;
using OrleansLimiter.Hosting.Logging;
using OrleansLimiter.Hosting.Metrics;
using OrleansLimiter.Hosting.Settings;

namespace OrleansLimiter.Silo;

/// <summary>
/// What the variables say of the cluster and of this process's place in it, checked. Immutable; made once, before anything else.
/// </summary>
/// <param name="Client">Where the cluster is, for a client of it (<c>CLUSTER_ID</c>, <c>SERVICE_ID</c>, <c>GATEWAY_PORT</c>).</param>
/// <param name="Redis">Where the list of silos and the snapshots are (<c>REDIS_URL</c>, or <c>REDIS_HOST</c> and <c>REDIS_PORT</c>); null:
/// one silo on this machine, which forgets.</param>
/// <param name="SiloPort">Where silos talk to this one (<c>SILO_PORT</c>).</param>
/// <param name="Address">The address that others are told (<c>ADVERTISED_ADDRESS</c>).</param>
/// <param name="Operations">Where a silo serves health and metrics (<c>OPERATIONS_PORT</c>).</param>
/// <param name="IsCoHosted">Whether a front end's process is a silo too (<c>Cluster:CoHosted</c>).</param>
/// <param name="MaxActiveKeys">The most keys of callers that a silo holds (<c>Cluster:MaxActiveKeys</c>).</param>
/// <param name="MaxActiveKeysPerTenant">The most of one tenant (<c>Cluster:MaxActiveKeysPerTenant</c>); null: a quarter.</param>
/// <param name="MaxActiveOwnKeys">The most of the service's own limits, beside those (<c>Cluster:MaxActiveOwnKeys</c>); null: half as
/// many.</param>
/// <param name="SnapshotInterval">How long after a change a key is stored (<c>Cluster:SnapshotInterval</c>).</param>
/// <param name="ProbeTimeout">How long silos wait for each other's answer, three times in a row, before one is voted out
/// (<c>Cluster:ProbeTimeout</c>).</param>
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
    private const int DefaultSiloPort = 11_111;

    /// <summary>Reads and checks the variables.</summary>
    /// <exception cref="LimiterConfigurationException">Something is wrong; the message names every variable, its value and the
    /// rule.</exception>
    /// <inheritdoc cref="Read"/>
    public static ClusterSettings Load(IConfiguration configuration, bool isDevelopment, bool isSilo = false)
    {
        var errors = new List<InvalidValue>();
        var settings = Read(configuration, isDevelopment, isSilo, errors);
        return errors.Count == 0 ? settings : throw new LimiterConfigurationException(errors);
    }

    /// <summary>Reads and checks the variables; the default stands in for what is wrong.</summary>
    /// <param name="configuration">Environment variables, command line and files.</param>
    /// <param name="isDevelopment">Whether one silo on this machine will do where no Redis is named.</param>
    /// <param name="isSilo">
    /// Whether the process is a silo and nothing else; a front end is one where it says so itself. A client advertises no address.
    /// </param>
    /// <param name="errors">Where to what is wrong goes: the variable, its value and the rule.</param>
    public static ClusterSettings Read(IConfiguration configuration, bool isDevelopment, bool isSilo, List<InvalidValue> errors)
    {
        var client = ClusterOptions.Read(configuration, isDevelopment, errors, out var redis);
        var siloPort = PortVariables.Read(configuration, "SILO_PORT", DefaultSiloPort, errors, least: 1);
        if (siloPort == client.LocalGatewayPort)
            errors.Add(new InvalidValue(
                "GATEWAY_PORT", siloPort.ToString(CultureInfo.InvariantCulture), "must be another port than SILO_PORT"));
        OtlpVariables.Check(configuration, errors);
        if (isSilo)
        {
            LogFormat.Check(configuration, errors);
            MisspelledSettings.Check(configuration, errors);
        }

        var ofSection = new List<InvalidValue>();
        var section = SettingsText.Read<ClusterSection>(configuration, ClusterSection.Name, ofSection);
        var settings = new ClusterSettings(
            client,
            redis,
            siloPort,
            isSilo || section.CoHosted ? AdvertisedAddress.Read(configuration, isDevelopment, errors) : IPAddress.Loopback,
            ListenVariables.ReadOperations(configuration, errors)
                ?? new IPEndPoint(IPAddress.Loopback, ListenVariables.DefaultOperationsPort),
            section.CoHosted,
            section.MaxActiveKeys ?? LimitGrainOptions.DefaultMaxActiveKeys,
            section.MaxActiveKeysPerTenant,
            section.MaxActiveOwnKeys,
            section.SnapshotInterval ?? LimitGrainOptions.DefaultSnapshotInterval,
            section.ProbeTimeout);
        errors.AddRange(ofSection);
        if (settings.MaxActiveKeysPerTenant is { } perTenant && perTenant > settings.MaxActiveKeys)
        {
            errors.Add(new InvalidValue(
                $"{ClusterSection.Name}:{nameof(MaxActiveKeysPerTenant)}",
                perTenant.ToString(CultureInfo.InvariantCulture),
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"must be at most {ClusterSection.Name}:{nameof(MaxActiveKeys)}, which is {settings.MaxActiveKeys}")));
        }

        return settings;
    }
}
