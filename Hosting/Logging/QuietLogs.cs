using Microsoft.Extensions.Options;

namespace OrleansLimiter.Hosting.Logging;

/// <summary>
/// Keeps out of the logs what callers write. The framework's own request log, its routing's and its bad-request log hold paths and queries,
/// which hold keys; the first also puts the path into the scope of every other line. What authentication says of a bad token, and HTTP/2 of
/// a bad frame, is as long and as frequent as the caller likes. They are switched off whatever the configuration says.
/// </summary>
internal sealed class QuietLogs : IPostConfigureOptions<LoggerFilterOptions>
{
    private static readonly (string Category, LogLevel Least)[] Limited =
    [
        ("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None),
        ("Microsoft.AspNetCore.Routing", LogLevel.Warning),
        ("Microsoft.AspNetCore.Server.Kestrel.BadRequests", LogLevel.Warning),
        ("Microsoft.AspNetCore.Server.Kestrel.Http2", LogLevel.Error),
        ("Microsoft.AspNetCore.Authentication", LogLevel.Warning),
        ("Microsoft.AspNetCore.Authorization", LogLevel.Warning),
        ("Microsoft.AspNetCore.HttpLogging", LogLevel.None),
        ("Microsoft.AspNetCore.HttpOverrides", LogLevel.Warning),
        ("Microsoft.Extensions.Diagnostics.HealthChecks.DefaultHealthCheckService", LogLevel.None), // a line a probe
        ("Microsoft.AspNetCore.Mvc", LogLevel.Warning), // complains, when the API is described, that there are no controllers
    ];

    /// <summary>Adds the rules after all others: the last of equally specific rules wins.</summary>
    public void PostConfigure(string? name, LoggerFilterOptions options)
    {
        // A rule for one provider beats any for all of them, so every provider that has rules gets these too.
        var providers = options.Rules.Select(rule => rule.ProviderName).Append(null).Distinct().ToList();
        foreach (var (category, least) in Limited)
        {
            // A rule of a longer name beats one of a shorter.
            for (var i = options.Rules.Count - 1; i >= 0; i--)
            {
                if (options.Rules[i].CategoryName?.StartsWith(category, StringComparison.OrdinalIgnoreCase) == true)
                    options.Rules.RemoveAt(i);
            }

            foreach (var provider in providers)
                options.Rules.Add(new LoggerFilterRule(provider, category, least, null));
        }
    }
}
