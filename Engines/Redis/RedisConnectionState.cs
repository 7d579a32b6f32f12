namespace OrleansLimiter.Engines.Redis;

/// <summary>How the connection to Redis is.</summary>
/// <param name="IsConnected">Whether a server can be asked.</param>
/// <param name="Problem">What is wrong, in words that hold no secret; null if nothing is known to be. Of a server that can be asked: what
/// it answers in place of doing what it is asked.</param>
internal sealed record RedisConnectionState(bool IsConnected, string? Problem)
{
    private static readonly RedisConnectionState Whole = new(true, null);

    /// <summary>Whether the server is there and refuses the password, which no waiting mends.</summary>
    public bool IsRefused => Problem?.Contains(ConnectionProblem.Refusal, StringComparison.Ordinal) == true;

    /// <summary>Whether the server is there and is one on which limits do not hold, which no waiting mends either.</summary>
    public bool IsUnsupported => Problem?.Contains(ConnectionProblem.NotSupported, StringComparison.Ordinal) == true;

    /// <summary>What may lose limits although the server answers, in words; null if nothing is known to.</summary>
    public string? Risk { get; init; }

    /// <summary>Before the first attempt has ended.</summary>
    internal static RedisConnectionState NotYet { get; } = new(false, null);

    /// <summary>A server can be asked.</summary>
    internal static RedisConnectionState Good(string? risk, string? refusal) => (risk, refusal) is (null, null) ? Whole : new(true, refusal)
    {
        Risk = risk,
    };
}
