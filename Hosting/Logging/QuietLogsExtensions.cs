using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace OrleansLimiter.Hosting.Logging;

/// <summary>Adds <see cref="QuietLogs"/>.</summary>
internal static class QuietLogsExtensions
{
    /// <summary>Keeps keys, and a line for each request, out of the logs.</summary>
    public static IServiceCollection AddQuietLogs(this IServiceCollection services)
    {
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IPostConfigureOptions<LoggerFilterOptions>, QuietLogs>());
        return services;
    }
}
