using OrleansLimiter.AspNetCore;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Engines.Redis;
using OrleansLimiter.Hosting.Settings;
using OrleansLimiter.Limiter;

namespace OrleansLimiter.Api.Composition;

/// <summary>Has Redis decide.</summary>
internal static class RedisEngineExtensions
{
    private const int DefaultPort = 6379;

    /// <summary>Has the Redis decide that the variables name; on this machine where they name none. The start does not wait for it, but ends where it refuses the password.</summary>
    /// <exception cref="LimiterConfigurationException">A variable is wrong, or names what this build's client of Redis cannot do.</exception>
    public static void AddRedisEngine(this WebApplicationBuilder builder)
    {
        var errors = new List<InvalidValue>();
        var address = RedisAddress.Read(builder.Configuration, errors) ?? new RedisAddress("localhost", DefaultPort, null, null, 0, false);
        var options = address.ToEngineOptions();
        try
        {
            options.Validate();
        }
        catch (ArgumentException wrong)
        {
            errors.Add(new InvalidValue("REDIS_URL", "not possible here", $"must be changed: {wrong.Message}"));
        }

        if (errors.Count > 0)
            throw new LimiterConfigurationException(errors);
        builder.Services.AddSingleton(services => new RedisEngine(options, services.GetRequiredService<TimeProvider>()));
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
