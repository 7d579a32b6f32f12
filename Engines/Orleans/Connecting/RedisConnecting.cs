using StackExchange.Redis;

namespace OrleansLimiter.Engines.Orleans.Connecting;

/// <summary>How the cluster's processes talk to Redis.</summary>
internal static class RedisConnecting
{
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(1);

    /// <summary>
    /// The options of a connection: while there is none, commands fail at once instead of waiting for it. It is tried every second however
    /// long Redis was away: the client's own pauses grow to ten, in which silos and front ends would go on with what Redis no longer says.
    /// </summary>
    public static ConfigurationOptions OptionsOf(string text)
    {
        var options = ConfigurationOptions.Parse(text);
        options.AbortOnConnectFail = false;
        options.BacklogPolicy = BacklogPolicy.FailFast;
        options.ReconnectRetryPolicy = new LinearRetry((int)Retry.TotalMilliseconds);
        return options;
    }
}
