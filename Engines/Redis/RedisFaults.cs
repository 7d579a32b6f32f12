using OrleansLimiter.Core.Decisions;
using StackExchange.Redis;

namespace OrleansLimiter.Engines.Redis;

/// <summary>What the client's exceptions and the server's errors mean. What means none of these is a bug, and is thrown on.</summary>
internal static class RedisFaults
{
    /// <summary>Errors of a server that has more to do, or more to hold, than it can.</summary>
    private static readonly string[] Overloaded = ["OOM", "BUSY", "ERR max number of clients"];

    /// <summary>Errors of a server that cannot be asked now, or not by us.</summary>
    private static readonly string[] Unavailable =
    [
        "READONLY", "LOADING", "MISCONF", "CLUSTERDOWN", "MASTERDOWN", "NOREPLICAS", "TRYAGAIN", "MOVED", "ASK", "NOAUTH", "WRONGPASS", "NOPERM",
        "UNBLOCKED", "ERR operation not permitted", "ERR invalid password",
        "Endpoint ", // the client's own words for a shard that it has no connection to
    ];

    /// <summary>Whether the server does not know the script: it was restarted, or told to forget.</summary>
    public static bool IsUnknownScript(RedisServerException error) => error.Message.StartsWith("NOSCRIPT", StringComparison.Ordinal);

    /// <summary>The fault that an exception stands for; null for a bug.</summary>
    public static EngineFault? Of(Exception exception) => exception switch
    {
        // Whether the request was charged is not known.
        TimeoutException => EngineFault.DeadlineExceeded,
        RedisServerException error when Says(error, Overloaded) => EngineFault.Overloaded,
        RedisServerException error when Says(error, Unavailable) => EngineFault.Unavailable,
        RedisServerException => null,
        RedisException or ObjectDisposedException or OperationCanceledException => EngineFault.Unavailable,
        _ => null,
    };

    // A script's own calls fail with the code in front (Redis 7), or behind "@user_script: 12: -" (before it).
    private static bool Says(RedisServerException error, string[] codes) => Array.Exists(
        codes,
        code => error.Message.StartsWith(code, StringComparison.Ordinal)
            || error.Message.Contains($": -{code}", StringComparison.Ordinal)
            || error.Message.Contains($": {code}", StringComparison.Ordinal));
}
