using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using OrleansLimiter.Configuration;
using OrleansLimiter.Core.Ports;

namespace OrleansLimiter.Hosting;

/// <summary>Adds the limiter to an application without HTTP.</summary>
public static class OrleansLimiterHostExtensions
{
    /// <summary>
    /// Adds the limiter: policies from section <c>Limiter</c>, the embedded engine unless another <see cref="ILimitEngine"/> is registered,
    /// and metrics. Code asks for a decision by <see cref="ILimiter"/>. On a <c>WebApplicationBuilder</c> the method of the same name in
    /// <c>OrleansLimiter.AspNetCore</c> is taken, which adds limits of endpoints.
    /// </summary>
    /// <param name="builder">The application.</param>
    /// <param name="configure">Changes made by code, after configuration: policies above all.</param>
    /// <returns><paramref name="builder"/>.</returns>
    public static IHostApplicationBuilder AddOrleansLimiter(this IHostApplicationBuilder builder, Action<LimiterOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddLimiterCore(builder.Configuration, configure);
        builder.Services.TryAddSingleton<ILimitEngine>(EmbeddedEngine.Create);
        return builder;
    }
}
