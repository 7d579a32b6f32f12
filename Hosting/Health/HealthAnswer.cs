using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace OrleansLimiter.Hosting.Health;

/// <summary>A health answer.</summary>
/// <param name="Status"><c>live</c>, <c>ready</c>, <c>degraded</c> (served, but not by the engine that was chosen, or by one that may lose limits), <c>joining</c> or <c>stopping</c>.</param>
/// <param name="Engine">Who decides now; left out where that says nothing.</param>
/// <param name="Reason">Why it is degraded, in words that hold no secret; left out where that is not known.</param>
internal sealed record HealthAnswer([property: AllowedValues("live", "ready", "degraded", "joining", "stopping")] string Status, string? Engine = null, string? Reason = null)
{
    /// <summary>The process answers.</summary>
    public static HealthAnswer Live { get; } = new("live");

    /// <summary>Requests are served.</summary>
    public static HealthAnswer Ready { get; } = new("ready");

    /// <summary>A silo that is not in the cluster yet.</summary>
    public static HealthAnswer Joining { get; } = new("joining");

    /// <summary>The host is about to stop.</summary>
    public static HealthAnswer Stopping { get; } = new("stopping");

    /// <summary>Whether requests may be sent here.</summary>
    [JsonIgnore]
    public bool IsGood => Status is "live" or "ready" or "degraded";
}
