using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.ApiExplorer;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using OrleansLimiter.AspNetCore.Addresses;
using OrleansLimiter.AspNetCore.Describing;
using OrleansLimiter.AspNetCore.Fields;
using OrleansLimiter.AspNetCore.Gate;
using OrleansLimiter.Core.Ports;
using OrleansLimiter.Hosting;

namespace OrleansLimiter.AspNetCore;

/// <summary>Adds the limiter to an application that serves HTTP.</summary>
public static class OrleansLimiterBuilderExtensions
{
    /// <summary>
    /// Adds the limiter: policies from section <c>Limiter</c>, the embedded engine unless another <see cref="ILimitEngine"/> is registered,
    /// metrics, and the client's address from the trusted proxies' headers. Endpoints then say <c>.RequireLimit("policy")</c> or
    /// <see cref="RequireLimitAttribute"/>; there is no middleware to add. Code asks for one decision by <see cref="ILimiter"/>.
    /// </summary>
    /// <param name="builder">The application.</param>
    /// <param name="configure">
    /// Changes made by code, after configuration: policies above all. The start ends with a <see cref="LimiterConfigurationException"/>
    /// where the options are wrong, whoever set them.
    /// </param>
    /// <returns><paramref name="builder"/>.</returns>
    public static WebApplicationBuilder AddOrleansLimiter(this WebApplicationBuilder builder, Action<LimiterOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var services = builder.Services;
        OrleansLimiterHostExtensions.AddOrleansLimiter(builder, configure);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<LimiterOptions>, HttpRules>(
            _ => new HttpRules(builder.Configuration)));
        services.TryAddSingleton(provider => new HttpSettings(provider.GetRequiredService<IOptionsMonitor<LimiterOptions>>().CurrentValue));
        services.TryAddSingleton<ForwardedAddress>();
        services.TryAddSingleton<LimitHeaders>();
        services.TryAddSingleton<LimitStages>();
        services.TryAddSingleton<LimitGates>();
        services.TryAddSingleton<AttributedLimits>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<MatcherPolicy, AttributedLimits>(
            provider => provider.GetRequiredService<AttributedLimits>()));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IStartupFilter, LimiterStartupFilter>());
        services.TryAddEnumerable(ServiceDescriptor.Transient<IApiDescriptionProvider, LimitedApiDescriptions>());
        if (services.All(service => service.ServiceType != typeof(HubMethodLimits)))
        {
            services.AddSingleton<HubMethodLimits>();
            services.AddOptions<HubOptions>().Configure<HubMethodLimits>((options, limits) => options.AddFilter(limits));
        }

        return builder;
    }
}
