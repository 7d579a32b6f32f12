using Microsoft.Extensions.Configuration;

namespace OrleansLimiter.Configuration;

/// <summary>
/// What Kubernetes sets in every container for each service beside it: one named <c>redis</c> gives <c>REDIS_PORT=tcp://10.0.0.11:6379</c>.
/// Nobody chose that, so it is no setting: a port variable that holds one counts as not set.
/// </summary>
internal static class ServiceLinks
{
    // A service's link is named <SERVICE>_PORT: of our variables these can be taken for one.
    private static readonly string[] Variables = ["PORT", "OPERATIONS_PORT", RedisAddress.PortVariable, "SILO_PORT", "GATEWAY_PORT"];
    private static readonly string[] Schemes = ["tcp://", "udp://", "sctp://"];

    /// <summary>Whether a variable's text is such a link.</summary>
    public static bool IsLink(string? text) =>
        text is not null && Array.Exists(Schemes, scheme => text.StartsWith(scheme, StringComparison.OrdinalIgnoreCase));

    /// <summary>The variables that hold one.</summary>
    public static string[] In(IConfiguration configuration) => [.. Variables.Where(variable => IsLink(configuration[variable]))];
}
