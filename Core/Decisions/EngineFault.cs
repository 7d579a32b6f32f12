using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Core.Decisions;

/// <summary>Why an engine could not decide.</summary>
public enum EngineFaultKind : byte
{
    /// <summary>No fault.</summary>
    None,

    /// <summary>The engine cannot be reached.</summary>
    Unavailable,

    /// <summary>No answer came within the deadline. Whether the request was charged is not known.</summary>
    DeadlineExceeded,

    /// <summary>The engine has more to do, or to hold, than it can. Nothing was charged.</summary>
    Overloaded,

    /// <summary>A new key, and no room for one. Known keys are not affected.</summary>
    KeyTableFull,

    /// <summary>A request id came again with another cost. The caller's mistake: nothing was charged.</summary>
    RequestIdReused,
}

/// <summary>A failure to decide: never disguised as a refusal.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="RetryAfter">How soon it makes sense to ask again.</param>
public readonly record struct EngineFault(EngineFaultKind Kind, Wait RetryAfter)
{
    private const long OneSecond = 1_000_000;

    /// <summary>A new key came and <c>MaxKeys</c> or <c>MaxKeysPerTenant</c> keys are in use, none of them whole. Asks again in 1 s.</summary>
    public static EngineFault KeyTableFull => new(EngineFaultKind.KeyTableFull, Wait.OfMicroseconds(OneSecond));

    /// <summary>A request id came again with another cost.</summary>
    public static EngineFault RequestIdReused => new(EngineFaultKind.RequestIdReused, Wait.Never);

    /// <summary>No answer came within the deadline. Asks again in 1 s.</summary>
    public static EngineFault DeadlineExceeded => new(EngineFaultKind.DeadlineExceeded, Wait.OfMicroseconds(OneSecond));

    /// <summary>The engine has more to do than it can do. Asks again in 1 s.</summary>
    public static EngineFault Overloaded => new(EngineFaultKind.Overloaded, Wait.OfMicroseconds(OneSecond));

    /// <summary>The engine cannot be reached. Asks again in 1 s.</summary>
    public static EngineFault Unavailable => new(EngineFaultKind.Unavailable, Wait.OfMicroseconds(OneSecond));

    /// <summary>Whether the engine is away or too slow, so that another may answer in its place. A full key table and a caller's mistake are answers of an engine that is there.</summary>
    public bool IsAway => Kind is EngineFaultKind.Unavailable or EngineFaultKind.DeadlineExceeded or EngineFaultKind.Overloaded;

    /// <summary>
    /// Whether nothing is heard of the engine. One that is overloaded has answered, and may be so for one key or on one of its machines only: that is no reason
    /// to stop asking it about others.
    /// </summary>
    public bool IsSilence => Kind is EngineFaultKind.Unavailable or EngineFaultKind.DeadlineExceeded;

    /// <summary>Whether the same request may succeed later without being changed.</summary>
    public bool IsTransient => Kind is not (EngineFaultKind.None or EngineFaultKind.RequestIdReused);
}
