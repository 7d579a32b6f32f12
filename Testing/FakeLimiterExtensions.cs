using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace OrleansLimiter.Testing;

/// <summary>Puts a <see cref="FakeLimiter"/> in the place of an app's limiter.</summary>
public static class FakeLimiterExtensions
{
    /// <summary>
    /// Has code of the app ask the double: it replaces the <see cref="ILimiter"/> that is registered, and one that is registered
    /// afterwards by <c>AddOrleansLimiter</c>.
    /// </summary>
    /// <param name="services">The app's services.</param>
    /// <param name="fake">The double.</param>
    /// <returns><paramref name="services"/>.</returns>
    public static IServiceCollection AddFakeLimiter(this IServiceCollection services, FakeLimiter fake)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(fake);
        return services.Replace(ServiceDescriptor.Singleton<ILimiter>(fake));
    }
}
