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

    /// <summary>
    /// A new key, or one that would have to grow, and no room for that. Nothing was charged, and keys that stay as they are are not
    /// affected.
    /// </summary>
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

    /// <summary>
    /// A new key came, or one that would have to grow, and as many are in use as may be, none of them whole. Asks again in 1 s: when there
    /// is room is not known.
    /// </summary>
    public static EngineFault KeyTableFull => new(EngineFaultKind.KeyTableFull, Wait.OfMicroseconds(OneSecond));

    /// <summary>The same, where it is known when the first of the keys that count beside it will be whole.</summary>
    /// <param name="roomAfter">The wait until then, as things stand.</param>
    /// <returns>The fault.</returns>
    public static EngineFault KeyTableFullFor(Wait roomAfter) => new(EngineFaultKind.KeyTableFull, roomAfter);

    /// <summary>A request id came again with another cost.</summary>
    public static EngineFault RequestIdReused => new(EngineFaultKind.RequestIdReused, Wait.Never);

    /// <summary>No answer came within the deadline. Asks again in 1 s.</summary>
    public static EngineFault DeadlineExceeded => new(EngineFaultKind.DeadlineExceeded, Wait.OfMicroseconds(OneSecond));

    /// <summary>The engine has more to do than it can do. Asks again in 1 s.</summary>
    public static EngineFault Overloaded => new(EngineFaultKind.Overloaded, Wait.OfMicroseconds(OneSecond));

    /// <summary>The engine cannot be reached. Asks again in 1 s.</summary>
    public static EngineFault Unavailable => new(EngineFaultKind.Unavailable, Wait.OfMicroseconds(OneSecond));

    /// <summary>
    /// Whether the engine is away or too slow, so that another may answer in its place. A full key table and a caller's mistake are answers
    /// of an engine that is there.
    /// </summary>
    internal bool IsAway => Kind is EngineFaultKind.Unavailable or EngineFaultKind.DeadlineExceeded or EngineFaultKind.Overloaded;

    /// <summary>
    /// Whether nothing is heard of the engine. One that is overloaded has answered, and may be so for one key or on one of its machines
    /// only: that is no reason to stop asking it about others.
    /// </summary>
    internal bool IsSilence => Kind is EngineFaultKind.Unavailable or EngineFaultKind.DeadlineExceeded;

    /// <summary>Whether the same request may succeed later without being changed.</summary>
    internal bool IsTransient => Kind is not (EngineFaultKind.None or EngineFaultKind.RequestIdReused);
}
