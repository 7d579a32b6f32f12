using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace OrleansLimiter.Configuration;

/// <summary>
/// Says at start, in one line, which variables were taken for service links (<see cref="ServiceLinks"/>): whoever meant one as a setting
/// shall hear of it.
/// </summary>
/// <param name="configuration">Where the variables are.</param>
/// <param name="logger">Where it is told.</param>
internal sealed partial class ServiceLinkNotice(IConfiguration configuration, ILogger<ServiceLinkNotice> logger) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        var links = ServiceLinks.In(configuration);
        if (links.Length > 0)
            LogIgnored(logger, string.Join(", ", links.Select(variable => $"{variable}={configuration[variable]}")));
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(1, LogLevel.Information, "Ignored, as what Kubernetes sets for a service of that name and no setting: {Links}")]
    private static partial void LogIgnored(ILogger logger, string links);
}

/// <summary>Has it said, once however many parts of an app ask for it.</summary>
internal static class ServiceLinkNoticeExtensions
{
    public static IServiceCollection AddServiceLinkNotice(this IServiceCollection services)
    {
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, ServiceLinkNotice>());
        return services;
    }
}
