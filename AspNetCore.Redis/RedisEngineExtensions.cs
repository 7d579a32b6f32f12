using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Engines.Redis;
using OrleansLimiter.Hosting.Settings;
using OrleansLimiter.Limiter;

namespace OrleansLimiter.AspNetCore;

/// <summary>Has Redis decide.</summary>
public static class RedisEngineExtensions
{
    /// <summary>
    /// Has a Redis (6.2 or later) decide, with one count for all front ends that ask it. The start waits for it a second at most, and ends only where it
    /// refuses the password; until it answers, this process's own share of each limit decides. To be called once, beside
    /// <see cref="OrleansLimiterBuilderExtensions.AddOrleansLimiter"/>.
    /// </summary>
    /// <param name="builder">The application.</param>
    /// <param name="url">
    /// <c>redis://[[user]:password@]host[:port][/database]</c>, or <c>rediss://</c> for TLS. Default (null): what <c>REDIS_URL</c>, or <c>REDIS_HOST</c> and
    /// <c>REDIS_PORT</c>, say; where none of them is set, <c>redis://localhost:6379</c>.
    /// </param>
    /// <returns><paramref name="builder"/>.</returns>
    /// <exception cref="LimiterConfigurationException">The address, or a variable, is wrong, or says what this build's client of Redis cannot do.</exception>
    public static IHostApplicationBuilder AddRedisEngine(this IHostApplicationBuilder builder, string? url = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var setting = url is null ? RedisAddress.Url : nameof(url);
        var options = Check(setting, Read(builder.Configuration, url).ToEngineOptions());
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton(services => new RedisEngine(options, services.GetRequiredService<TimeProvider>()));
        builder.Services.AddHostedService(services => new RedisStart(
            setting, services.GetRequiredService<RedisEngine>(), services.GetRequiredService<TimeProvider>(), services.GetRequiredService<ILogger<RedisStart>>()));
        return builder.UseRemoteEngine(services => services.GetRequiredService<RedisEngine>());
    }

    private static RedisAddress Read(IConfiguration configuration, string? url)
    {
        var errors = new List<InvalidValue>();
        var address = url is null ? RedisAddress.Read(configuration, errors) : RedisAddress.ReadUrl(nameof(url), url, errors);
        return errors.Count == 0 ? address ?? RedisAddress.Local : throw new LimiterConfigurationException(errors);
    }

    private static RedisEngineOptions Check(string setting, RedisEngineOptions options)
    {
        try
        {
            options.Validate();
            return options;
        }
        catch (ArgumentException wrong)
        {
            throw new LimiterConfigurationException([new InvalidValue(setting, "not possible here", $"must be changed: {wrong.Message.TrimEnd('.')}")]);
        }
    }

    private static RedisEngineOptions ToEngineOptions(this RedisAddress address)
    {
        var options = new RedisEngineOptions { User = address.User, Password = address.Password, Ssl = address.UsesTls, Database = address.Database };
        options.EndPoints.Add(address.EndPoint);
        return options;
    }
}
