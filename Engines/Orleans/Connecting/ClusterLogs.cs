using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace OrleansLimiter.Engines.Orleans.Connecting;

/// <summary>
/// Keeps what Orleans and the libraries below it tell their developers out of the logs, unless the configuration asks for it. A rule's
/// category is compared as a mere beginning of names, so one for <c>Orleans</c> would hold for <c>OrleansLimiter</c> too and silence the
/// product: each such rule is held to Orleans' own names, whoever wrote it.
/// </summary>
internal sealed class ClusterLogs : IConfigureOptions<LoggerFilterOptions>, IPostConfigureOptions<LoggerFilterOptions>
{
    private const string Orleans = "Orleans";

    // Orleans places each actor by a pipeline of Polly's, which writes several lines at level Information each time.
    private static readonly string[] Talkative = [Orleans, "Polly"];

    /// <summary>Adds the rules before all others: the last of equally specific rules wins.</summary>
    public void Configure(LoggerFilterOptions options)
    {
        foreach (var category in Talkative)
            options.Rules.Insert(0, new LoggerFilterRule(null, category, LogLevel.Warning, null));
    }

    /// <summary>Holds the rules for Orleans to its own names.</summary>
    public void PostConfigure(string? name, LoggerFilterOptions options)
    {
        for (var i = 0; i < options.Rules.Count; i++)
        {
            var rule = options.Rules[i];
            if (string.Equals(rule.CategoryName, Orleans, StringComparison.OrdinalIgnoreCase))
                options.Rules[i] = new LoggerFilterRule(rule.ProviderName, Orleans + ".", rule.LogLevel, rule.Filter);
        }
    }
}

/// <summary>Adds <see cref="ClusterLogs"/>.</summary>
internal static class ClusterLogsExtensions
{
    /// <summary>Keeps Orleans' lines for its own developers out of the logs, and the product's in them.</summary>
    public static IServiceCollection AddClusterLogs(this IServiceCollection services)
    {
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IConfigureOptions<LoggerFilterOptions>, ClusterLogs>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IPostConfigureOptions<LoggerFilterOptions>, ClusterLogs>());
        return services;
    }
}
