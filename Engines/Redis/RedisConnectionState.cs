namespace OrleansLimiter.Engines.Redis;

/// <summary>How the connection to Redis is.</summary>
/// <param name="IsConnected">Whether a server can be asked.</param>
/// <param name="Problem">What is wrong, in words that hold no secret; null if nothing is known to be.</param>
public sealed record RedisConnectionState(bool IsConnected, string? Problem)
{
    /// <summary>Whether the server is there and refuses the password, which no waiting mends.</summary>
    public bool IsRefused => Problem?.Contains(RedisProbe.Refusal, StringComparison.Ordinal) == true;

    /// <summary>A server can be asked.</summary>
    internal static RedisConnectionState Good { get; } = new(true, null);

    /// <summary>Before the first attempt has ended.</summary>
    internal static RedisConnectionState NotYet { get; } = new(false, null);
}
