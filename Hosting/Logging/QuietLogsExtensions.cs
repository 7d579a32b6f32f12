using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace OrleansLimiter.Hosting.Logging;

/// <summary>Adds <see cref="QuietLogs"/> and <see cref="ClusterLogs"/>.</summary>
internal static class QuietLogsExtensions
{
    /// <summary>Keeps keys, and a line for each request, out of the logs.</summary>
    public static IServiceCollection AddQuietLogs(this IServiceCollection services)
    {
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IPostConfigureOptions<LoggerFilterOptions>, QuietLogs>());
        return services;
    }

    /// <summary>Keeps Orleans' lines for its own developers out of the logs, and the product's in them.</summary>
    public static IServiceCollection AddClusterLogs(this IServiceCollection services)
    {
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IConfigureOptions<LoggerFilterOptions>, ClusterLogs>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IPostConfigureOptions<LoggerFilterOptions>, ClusterLogs>());
        return services;
    }
}
