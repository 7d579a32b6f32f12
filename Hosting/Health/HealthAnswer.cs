using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using OrleansLimiter.Health;

namespace OrleansLimiter.Hosting.Health;

/// <summary>A health answer.</summary>
/// <param name="Status">
/// <c>live</c>, <c>ready</c>, <c>degraded</c> (served, but not by the engine that was chosen, or by one that may lose limits),
/// <c>joining</c>, <c>stopping</c>, or <c>unhealthy</c> where another check says so.
/// </param>
/// <param name="Engine">Who decides now; left out where that says nothing.</param>
/// <param name="Reason">Why it is degraded or unhealthy, in words that hold no secret; left out where that is not known.</param>
internal sealed record HealthAnswer(
    [property: AllowedValues("live", "ready", "degraded", "joining", "stopping", "unhealthy")] string Status,
    string? Engine = null,
    string? Reason = null)
{
    private const string Word = "status";

    public static HealthAnswer Live { get; } = new("live");

    /// <summary>A silo that is not in the cluster yet.</summary>
    public static HealthAnswer Joining { get; } = new("joining");

    /// <summary>The host is about to stop.</summary>
    public static HealthAnswer Stopping { get; } = new("stopping");

    /// <summary>A check's result that is answered by this.</summary>
    public HealthCheckResult AsUnhealthy() => HealthCheckResult.Unhealthy(data: new Dictionary<string, object> { [Word] = Status });

    /// <summary>
    /// What is answered for what the checks said: a word of our own checks, else what all of them come to, who decides, and what is
    /// wrong.
    /// </summary>
    public static HealthAnswer Of(HealthReport report)
    {
        if (FirstOf(report, Word) is { } own)
            return new HealthAnswer(own);
        var status = report.Status switch
        {
            HealthStatus.Healthy => "ready",
            HealthStatus.Degraded => "degraded",
            _ => "unhealthy",
        };
        var reasons = string.Join("; ", report.Entries.Select(entry => ReasonOf(entry.Key, entry.Value)).OfType<string>());
        return new HealthAnswer(status, FirstOf(report, EngineHealthCheck.Engine), reasons.Length > 0 ? reasons : null);
    }

    private static string? FirstOf(HealthReport report, string datum) =>
        report.Entries.Values.Select(entry => entry.Data.GetValueOrDefault(datum)).OfType<string>().FirstOrDefault();

    private static string? ReasonOf(string name, HealthReportEntry entry)
    {
        if (entry.Status == HealthStatus.Healthy)
            return null;

        // Without a reason, that the engine does not answer is said by who decides.
        if (entry.Data.ContainsKey(EngineHealthCheck.Engine))
            return entry.Data.GetValueOrDefault(EngineHealthCheck.Reason) as string;

        // An exception's message may hold a secret.
        return entry.Exception is not null ? $"the check {name} failed" : entry.Description ?? $"the check {name} says so";
    }
}
