using OrleansLimiter.AspNetCore;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Core.Ports;
using OrleansLimiter.Engines.Redis;
using OrleansLimiter.Hosting.Settings;
using OrleansLimiter.Limiter;

namespace OrleansLimiter.Api.Composition;

/// <summary>Has Redis decide.</summary>
internal static class RedisEngineExtensions
{
    /// <summary>Has a Redis decide. The start does not wait for it, but ends where it refuses the password.</summary>
    /// <exception cref="LimiterConfigurationException">The address says what this build's client of Redis cannot do.</exception>
    public static void AddRedisEngine(this WebApplicationBuilder builder, RedisAddress address)
    {
        var options = address.ToEngineOptions();
        try
        {
            options.Validate();
        }
        catch (ArgumentException wrong)
        {
            throw new LimiterConfigurationException([new InvalidValue("REDIS_URL", "not possible here", $"must be changed: {wrong.Message}")]);
        }

        builder.Services.AddSingleton(services => new RedisEngine(options, services.GetRequiredService<TimeProvider>()));
        builder.Services.AddSingleton<IValveEngine>(services => new RedisValve(options, services.GetRequiredService<TimeProvider>()));
        builder.Services.AddHostedService<RedisStart>();
        builder.UseRemoteEngine(services => services.GetRequiredService<RedisEngine>());
    }

    private static RedisEngineOptions ToEngineOptions(this RedisAddress address)
    {
        var options = new RedisEngineOptions { User = address.User, Password = address.Password, Ssl = address.UsesTls, Database = address.Database };
        options.EndPoints.Add(address.EndPoint);
        return options;
    }
}
