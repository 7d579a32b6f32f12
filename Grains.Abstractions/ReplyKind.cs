namespace OrleansLimiter.Grains;

/// <summary>What a <see cref="LimitReplyMessage"/> is. The numbers are part of the wire contract.</summary>
public enum ReplyKind : byte
{
    /// <summary>A decision.</summary>
    Decided = 0,

    /// <summary>The key could not be asked.</summary>
    Unavailable = 1,

    /// <summary>The silo holds as many keys as it may.</summary>
    Overloaded = 2,

    /// <summary>The request id came before with another cost.</summary>
    RequestIdReused = 3,

    /// <summary>The key's algorithm has no such operation.</summary>
    NotSupported = 4,
}
