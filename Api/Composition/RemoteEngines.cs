using OrleansLimiter.Api.Settings;
using OrleansLimiter.Engines.Redis;
using OrleansLimiter.Engines.Redis.Valve;
using OrleansLimiter.Silo;

namespace OrleansLimiter.Api.Composition;

/// <summary>The engines beside the embedded one.</summary>
internal static class RemoteEngines
{
    private static readonly Dictionary<string, Action<WebApplicationBuilder>> ByName = new(StringComparer.Ordinal)
    {
        ["orleans"] = builder => builder.AddClusterEngine(),
        ["redis"] = builder => builder.AddRedisEngine(application: "").AddRedisValve(),
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
}
