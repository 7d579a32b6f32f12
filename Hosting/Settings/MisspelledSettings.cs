using OrleansLimiter.Configuration;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Hosting.Settings;

/// <summary>
/// Finds settings whose names at the root of the configuration are a slip away from one of this program's. A section is refused: nobody
/// else's would be there. A single variable is mentioned: the environment is full of other programs' ones.
/// </summary>
internal static class MisspelledSettings
{
    private static readonly string[] Sections = [
        "Limiter", "Tenants", "Operators", "Valve", "Accounts", "Cluster", "Connections", "Hashing"];

    private static readonly string[] Variables =
    [
        "PORT", "OPERATIONS_PORT", "LIMITER_ENGINE", "DATABASE_URL", "JWT_SECRET", "QUEUE_TOKEN_KEYS", "DRAIN_SECONDS", "LOG_FORMAT",
        "REDIS_URL", "REDIS_HOST", "REDIS_PORT", "CLUSTER_ID", "SERVICE_ID", "SILO_PORT", "GATEWAY_PORT", "ADVERTISED_ADDRESS",
        "LOGIN_RATE_LIMIT_WINDOW_SECONDS", "LOGIN_RATE_LIMIT_MAX_REQUESTS",
        "LOGIN_IP_RATE_LIMIT_WINDOW_SECONDS", "LOGIN_IP_RATE_LIMIT_MAX_REQUESTS", "SIGNUP_RATE_LIMIT_WINDOW_SECONDS",
            "SIGNUP_RATE_LIMIT_MAX_REQUESTS",
        "REFRESH_RATE_LIMIT_WINDOW_SECONDS", "REFRESH_RATE_LIMIT_MAX_REQUESTS", "BROWSE_RATE_LIMIT_WINDOW_SECONDS",
            "BROWSE_RATE_LIMIT_MAX_REQUESTS",
        "DRAW_RATE_LIMIT_WINDOW_SECONDS", "DRAW_RATE_LIMIT_MAX_REQUESTS", "JOIN_RATE_LIMIT_WINDOW_SECONDS", "JOIN_RATE_LIMIT_MAX_REQUESTS",
        "BUY_TICKET_RATE_LIMIT_WINDOW_SECONDS", "BUY_TICKET_RATE_LIMIT_MAX_REQUESTS", "BUY_TICKER_RATE_LIMIT_WINDOW_SECONDS",
            "BUY_TICKER_RATE_LIMIT_MAX_REQUESTS",
        "OTEL_SERVICE_NAME", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
            "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
        "OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_HEADERS",
    ];

    /// <summary>Adds the sections that are a slip away from one that exists.</summary>
    public static void Check(IConfiguration configuration, List<InvalidValue> errors)
    {
        foreach (var section in configuration.GetChildren().Where(child => child.GetChildren().Any()))
        {
            if (NearestName.Of(section.Key, Sections) is { } meant)
                errors.Add(new InvalidValue(section.Key, "set", $"is no setting; the nearest is {meant}"));
        }
    }

    /// <summary>Mentions in the log the single settings that are a slip away from one that exists.</summary>
    public static void LogMisspelled(this WebApplication app)
    {
        var logger = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("OrleansLimiter.Hosting.Settings");
        foreach (var (name, meant) in Find(app.Configuration))
            MisspelledLog.LogUnknown(logger, name, meant);
    }

    /// <summary>
    /// The single settings that are a slip away from one that exists, or have one underscore where a section's name needs two; and what is
    /// a slip away from a section's name and holds nothing, as an empty list in a file.
    /// </summary>
    public static IEnumerable<(string Name, string Meant)> Find(IConfiguration configuration)
    {
        foreach (var empty in configuration.GetChildren().Where(child => string.IsNullOrEmpty(child.Value) && !child.GetChildren().Any()))
        {
            if (NearestName.Of(empty.Key, Sections) is { } meant)
                yield return (empty.Key, meant);
        }

        foreach (var child in configuration.GetChildren().Where(child => !string.IsNullOrEmpty(child.Value)))
        {
            var section = Sections.FirstOrDefault(name => child.Key.StartsWith(name + "_", StringComparison.Ordinal));
            if (section is not null)
                yield return (child.Key, $"{section}__{child.Key[(section.Length + 1)..].TrimStart('_')}");
            else if (NearestName.Of(child.Key, Variables) is { } meant)
                yield return (child.Key, meant);
        }
    }
}

/// <summary>The log line of <see cref="MisspelledSettings"/>.</summary>
internal static partial class MisspelledLog
{
    [LoggerMessage(EventId = 1, EventName = "UnknownSetting", Level = LogLevel.Warning,
        Message = "{Name} is set, which is no setting of this program. If {Meant} was meant, it has no effect as it is.")]
    public static partial void LogUnknown(ILogger logger, string name, string meant);
}
