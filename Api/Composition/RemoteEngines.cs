using OrleansLimiter.Api.Settings;
using OrleansLimiter.AspNetCore;
using OrleansLimiter.Core.Ports;
using OrleansLimiter.Engines.Redis;
#if ORLEANS
using OrleansLimiter.Silo;
#endif

namespace OrleansLimiter.Api.Composition;

/// <summary>The engines beside the embedded one, as far as this build has them.</summary>
internal static class RemoteEngines
{
    private static readonly Dictionary<string, Action<WebApplicationBuilder>> Built = new(StringComparer.Ordinal)
    {
#if ORLEANS
        ["orleans"] = builder => builder.AddClusterEngine(),
#endif
        ["redis"] = builder => builder.AddRedisEngine().Services.AddSingleton<IValveEngine>(CreateValve),
    };

    /// <summary>What <c>LIMITER_ENGINE</c> may say in this build.</summary>
    public static string Choices => string.Join(" or ", Built.Keys.Prepend("memory"));

    /// <summary>Whether this build has an engine.</summary>
    public static bool IsBuilt(string engine) => Built.ContainsKey(engine);

    /// <summary>Why this build lacks an engine, as the end of a sentence; empty where there is nothing to say.</summary>
    public static string WhyNot(string engine) =>
        engine == "orleans" ? " (it was left out, because the package feed lacks some of Orleans' packages)" : string.Empty;

    /// <summary>Adds the engine that was chosen.</summary>
    public static void AddEngine(this WebApplicationBuilder builder, ServiceSettings settings)
    {
        if (!settings.IsEmbedded)
            Built[settings.Engine](builder);
    }

    private static RedisValve CreateValve(IServiceProvider services) =>
        new(services.GetRequiredService<RedisEngineOptions>(), services.GetRequiredService<TimeProvider>());
}
