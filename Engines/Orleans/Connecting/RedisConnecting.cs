using StackExchange.Redis;

namespace OrleansLimiter.Engines.Orleans;

/// <summary>How the cluster's processes talk to Redis.</summary>
internal static class RedisConnecting
{
    /// <summary>The options of a connection: while there is none, commands fail at once instead of waiting for it.</summary>
    public static ConfigurationOptions OptionsOf(string text)
    {
        var options = ConfigurationOptions.Parse(text);
        options.AbortOnConnectFail = false;
        options.BacklogPolicy = BacklogPolicy.FailFast;
        return options;
    }
}
