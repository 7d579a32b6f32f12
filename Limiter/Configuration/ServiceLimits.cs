using Microsoft.Extensions.DependencyInjection;

namespace OrleansLimiter.Limiter;

/// <summary>
/// The limits of the service, which no application of one's own has: the policies of its own routes with their environment variables, and in Development the defaults
/// that a newcomer tries it with (<see cref="DevelopmentDefaults"/>).
/// </summary>
public sealed class ServiceLimits
{
    /// <summary>Adds them, before or after the limiter itself.</summary>
    /// <param name="services">Where to.</param>
    /// <returns><paramref name="services"/>.</returns>
    public static IServiceCollection AddTo(IServiceCollection services) => services.AddSingleton<ServiceLimits>();
}
