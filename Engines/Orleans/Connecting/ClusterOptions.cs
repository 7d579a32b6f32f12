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

    /// <summary>Which silos belong together. Silos and clients with another one never meet. Default <c>limiter</c>.</summary>
    public string ClusterId { get; set; } = DefaultClusterId;

    /// <summary>Whose stored state it is; the same across deployments. Default <c>orleanslimiter</c>.</summary>
    public string ServiceId { get; set; } = DefaultServiceId;

    /// <summary>The Redis that holds the list of silos, as StackExchange.Redis' configuration text. Null, the default: one silo on this machine is asked.</summary>
    public string? Redis { get; set; }

    /// <summary>Where <see cref="Redis"/> is null: the gateway port of the silo on this machine. Default 30,000.</summary>
    public int LocalGatewayPort { get; set; } = DefaultGatewayPort;
}
