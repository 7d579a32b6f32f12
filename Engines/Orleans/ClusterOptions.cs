using Microsoft.Extensions.Configuration;
using OrleansLimiter.Configuration;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Engines.Orleans;

/// <summary>Where the cluster is, for one that asks it from outside.</summary>
public sealed class ClusterOptions
{
    /// <summary>The default of <see cref="ClusterId"/>.</summary>
    public const string DefaultClusterId = "limiter";

    /// <summary>The default of <see cref="ServiceId"/>.</summary>
    public const string DefaultServiceId = "orleanslimiter";

    /// <summary>The default of <see cref="LocalGatewayPort"/>.</summary>
    public const int DefaultGatewayPort = 30_000;

    private const int MaxNameLength = 64;

    /// <summary>Which silos belong together. Silos and clients with another one never meet. Default <c>limiter</c>.</summary>
    public string ClusterId { get; set; } = DefaultClusterId;

    /// <summary>Whose stored state it is; the same across deployments. Default <c>orleanslimiter</c>.</summary>
    public string ServiceId { get; set; } = DefaultServiceId;

    /// <summary>
    /// The Redis that holds the list of silos, as StackExchange.Redis' configuration text. Null, the default: one silo on this machine is
    /// asked.
    /// </summary>
    public string? Redis { get; set; }

    /// <summary>Where <see cref="Redis"/> is null: the gateway port of the silo on this machine. Default 30,000.</summary>
    public int LocalGatewayPort { get; set; } = DefaultGatewayPort;

    /// <summary>Reads the variables that say it.</summary>
    /// <param name="configuration">Environment variables, command line and files.</param>
    /// <param name="isDevelopment">Whether one silo on this machine will do where no Redis is named.</param>
    /// <param name="errors">Where messages go: each names the variable, its value and the rule.</param>
    /// <param name="redis">Where the list of silos is; null where no variable names a Redis, or one is wrong.</param>
    internal static ClusterOptions Read(
        IConfiguration configuration, bool isDevelopment, List<InvalidValue> errors, out RedisAddress? redis)
    {
        var before = errors.Count;
        redis = RedisAddress.Read(configuration, isDevelopment, errors);
        if (redis is null && !isDevelopment && errors.Count == before)
            errors.Add(new InvalidValue("REDIS_URL", "not set",
                "must name the Redis of the cluster outside Development (or REDIS_HOST and REDIS_PORT must)"));
        return new ClusterOptions
        {
            ClusterId = ReadName(configuration, "CLUSTER_ID", DefaultClusterId, errors),
            ServiceId = ReadName(configuration, "SERVICE_ID", DefaultServiceId, errors),
            Redis = redis?.ToConfigurationText(),
            LocalGatewayPort = PortVariables.Read(configuration, "GATEWAY_PORT", DefaultGatewayPort, errors, least: 1),
        };
    }

    private static string ReadName(IConfiguration configuration, string variable, string otherwise, List<InvalidValue> errors)
    {
        var text = configuration[variable];
        if (string.IsNullOrEmpty(text))
            return otherwise;
        if (text.Length <= MaxNameLength && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))
            return text;
        errors.Add(new InvalidValue(variable, $"'{text}'", $"must be 1 to {MaxNameLength} letters, digits, '-', '_' or '.'"));
        return otherwise;
    }
}
