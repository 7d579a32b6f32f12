using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansLimiter.Valve;
using OrleansLimiter.Valve.Tokens;

namespace OrleansLimiter.Engines.Redis.Valve;

/// <summary>Has Redis keep the lines of sales.</summary>
internal static partial class RedisValveExtensions
{
    /// <summary>Adds the valves, beside <see cref="RedisEngineExtensions.AddRedisEngine"/> and a <see cref="SeedSeal"/>.</summary>
    public static IHostApplicationBuilder AddRedisValve(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton<IValveEngine>(CreateValve);
        return builder;
    }

    private static RedisValve CreateValve(IServiceProvider services)
    {
        var valve = new RedisValve(services.GetRequiredService<RedisEngineOptions>(), services.GetRequiredService<TimeProvider>(),
            services.GetRequiredService<SeedSeal>());
        var logger = services.GetRequiredService<ILogger<RedisValve>>();
        valve.SeedNotOpened += sale => LogSealed(logger, sale.Value);
        return valve;
    }

    [LoggerMessage(EventId = 1, EventName = "SeedNotOpened", Level = LogLevel.Error,
        Message =
            "The seed of the sale {Sale} was sealed with a key that is not here: its draw waits for a front end that has it. "
            + "QUEUE_TOKEN_KEYS (or the JWT_SECRET that it is derived from) must still hold the key that sealed it.")]
    private static partial void LogSealed(ILogger logger, string sale);
}
