
namespace OrleansLimiter.Grains;

/// <summary>What a <see cref="LimitReplyMessage"/> is. The numbers are part of the wire contract.</summary>
internal enum ReplyKind : byte
{
    Decided = 0,

    /// <summary>The key could not be asked.</summary>
    Unavailable = 1,

    /// <summary>The silo holds as many keys as it may; or, with a wait, as many of the key's tenant.</summary>
    Overloaded = 2,

    /// <summary>The request id came before with another cost.</summary>
    RequestIdReused = 3,

    /// <summary>The key's algorithm has no such operation.</summary>
    NotSupported = 4,

    /// <summary>
    /// Nothing was done: the key is counted by its common actor (<see cref="ActorTypes.Common"/>). Only an algorithm's own actor says so.
    /// </summary>
    AskCommon = 5,

    /// <summary>The key's actor did not answer in time: whether it was charged is not known. Only of a request in a batch.</summary>
    TimedOut = 6,
}
