using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansLimiter.Configuration;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Hosting;

namespace OrleansLimiter.Engines.Redis;

/// <summary>Has Redis decide.</summary>
public static class RedisEngineExtensions
{
    /// <summary>
    /// Has a Redis (6.2 or later) decide, with one count for all front ends that ask it. The start waits for it a second at most, and ends
    /// only where it refuses the password or is a Garnet, on which limits do not hold; until it answers, this process's own share of each
    /// limit decides. To be called once, beside <c>AddOrleansLimiter</c>.
    /// </summary>
    /// <remarks>
    /// The names of its keys begin with <c>Limiter:Application</c>: 1 to 64 letters, digits, '.', '_', '-', '~' or '%'; by default the
    /// host's application name, so that two apps on one Redis count apart. Front ends that share limits must have the same. Empty: names
    /// without a beginning, as before there was this setting.
    /// </remarks>
    /// <param name="builder">The application.</param>
    /// <param name="url">
    /// <c>redis://[[user]:password@]host[:port][/database]</c>, or <c>rediss://</c> for TLS. Default (null): what <c>REDIS_URL</c>, or
    /// <c>REDIS_HOST</c> and <c>REDIS_PORT</c>, say; where none of them is set, in Development <c>redis://localhost:6379</c>, and else the
    /// start ends, as it does where the address or a variable is wrong.
    /// </param>
    /// <param name="application">What <c>Limiter:Application</c> is where it is not set. Default (null): the host's application name.
    /// Empty: none.</param>
    /// <returns><paramref name="builder"/>.</returns>
    public static IHostApplicationBuilder AddRedisEngine(
        this IHostApplicationBuilder builder, string? url = null, string? application = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var name = application ?? Uri.EscapeDataString(builder.Environment.ApplicationName);
        var errors = new List<InvalidValue>();
        var place = RedisPlace.Read(builder.Configuration, builder.Environment.IsDevelopment(), url, errors);
        Check(place, errors);
        builder.Services.AddEarlyErrors(errors);
        builder.Services.AddServiceLinkNotice();
        builder.Services.AddSingleton(services => OptionsOf(place, services.GetRequiredService<LimiterSettings>(), name));
        builder.Services.AddSingleton(
            services => new RedisEngine(services.GetRequiredService<RedisEngineOptions>(), services.GetRequiredService<TimeProvider>()));
        builder.Services.AddHostedService(services => new RedisStart(
            place, services.GetRequiredService<RedisEngine>(), services.GetRequiredService<TimeProvider>(),
                services.GetRequiredService<ILogger<RedisStart>>()));
        return builder.UseRemoteEngine(services => services.GetRequiredService<RedisEngine>());
    }

    private static RedisEngineOptions OptionsOf(RedisPlace place, LimiterSettings settings, string application)
    {
        var options = place.ToEngineOptions();
        options.Application = settings.Application ?? application;
        (options.MaxKeys, options.MaxKeysPerTenant, options.MaxOwnKeys) = (
            settings.MaxKeys, settings.MaxKeysPerTenant, settings.MaxOwnKeys);
        (options.OwnPolicies, options.FrontEnds) = (settings.OwnPolicyCount, settings.FrontEnds);
        return options;
    }

    private static void Check(RedisPlace place, List<InvalidValue> errors)
    {
        try
        {
            place.ToEngineOptions().Validate();
        }
        catch (ArgumentException wrong)
        {
            errors.Add(new InvalidValue(place.Setting, "not possible here", $"must be changed: {wrong.Message.TrimEnd('.')}"));
        }
    }
}
