using OrleansLimiter.Api.Settings;
using OrleansLimiter.AspNetCore;
using OrleansLimiter.Core.Ports;
using OrleansLimiter.Core.Valve;
using OrleansLimiter.Engines.Redis;
using OrleansLimiter.Silo;

namespace OrleansLimiter.Api.Composition;

/// <summary>The engines beside the embedded one.</summary>
internal static partial class RemoteEngines
{
    private static readonly Dictionary<string, Action<WebApplicationBuilder>> ByName = new(StringComparer.Ordinal)
    {
        ["orleans"] = builder => builder.AddClusterEngine(),
        ["redis"] = builder => builder.AddRedisEngine(url: null, application: "").Services.AddSingleton<IValveEngine>(CreateValve),
    };

    /// <summary>What <c>LIMITER_ENGINE</c> may say.</summary>
    public static string Choices => string.Join(" or ", ByName.Keys.Prepend("memory"));

    /// <summary>Whether there is an engine of this name.</summary>
    public static bool Exists(string engine) => ByName.ContainsKey(engine);

    /// <summary>Adds the engine that was chosen.</summary>
    public static void AddEngine(this WebApplicationBuilder builder, ServiceSettings settings)
    {
        if (!settings.IsEmbedded)
            ByName[settings.Engine](builder);
    }

    private static RedisValve CreateValve(IServiceProvider services)
    {
        var valve = new RedisValve(services.GetRequiredService<RedisEngineOptions>(), services.GetRequiredService<TimeProvider>(), services.GetRequiredService<SeedSeal>());
        var logger = services.GetRequiredService<ILogger<RedisValve>>();
        valve.SeedNotOpened += sale => LogSealed(logger, sale.Value);
        return valve;
    }

    [LoggerMessage(EventId = 1, EventName = "SeedNotOpened", Level = LogLevel.Error, Message = "The seed of the sale {Sale} was sealed with a key that is not here: its draw waits for a front end that has it. QUEUE_TOKEN_KEYS (or the JWT_SECRET that it is derived from) must still hold the key that sealed it.")]
    private static partial void LogSealed(ILogger logger, string sale);
}
