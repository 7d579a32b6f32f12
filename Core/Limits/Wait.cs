namespace OrleansLimiter.Core.Limits;

/// <summary>
/// A wait of 0 to 2^53 - 1 microseconds (285 years; longer ones are clamped), or <see cref="Never"/>.
/// Waits round up wherever they are shown in a coarser unit.
/// </summary>
public readonly record struct Wait
{
    private const long MicrosecondsPerMillisecond = 1_000;
    private const long MicrosecondsPerSecond = 1_000_000;

    private Wait(long microseconds) => Microseconds = microseconds;

    /// <summary>No wait.</summary>
    public static Wait None => default;

    /// <summary>No wait is long enough.</summary>
    public static Wait Never => new(-1);

    /// <summary>The wait in microseconds; -1 for <see cref="Never"/>.</summary>
    public long Microseconds { get; }

    /// <summary>Whether no wait is long enough.</summary>
    public bool IsNever => Microseconds < 0;

    /// <summary>The wait in milliseconds, rounded up; null for <see cref="Never"/>.</summary>
    public long? MillisecondsUp => IsNever ? null : CeilingOf(MicrosecondsPerMillisecond);

    /// <summary>The wait in seconds, rounded up; null for <see cref="Never"/>.</summary>
    public long? SecondsUp => IsNever ? null : CeilingOf(MicrosecondsPerSecond);

    /// <summary>Creates a wait.</summary>
    /// <param name="microseconds">Its length; clamped to 0..2^53 - 1.</param>
    /// <returns>The wait.</returns>
    public static Wait OfMicroseconds(long microseconds) => new(Math.Clamp(microseconds, 0, Instant.MaxMicroseconds));

    /// <summary>The longer of two waits; <see cref="Never"/> is longer than any other.</summary>
    /// <param name="a">One.</param>
    /// <param name="b">The other.</param>
    /// <returns>The longer.</returns>
    public static Wait Longer(Wait a, Wait b) => a.IsNever || (!b.IsNever && a.Microseconds >= b.Microseconds) ? a : b;

    /// <summary>What is left of the wait after some of it has passed; <see cref="Never"/> stays.</summary>
    /// <param name="passed">How much has passed; at least none.</param>
    /// <returns>The rest.</returns>
    public Wait After(Wait passed) => IsNever ? this : OfMicroseconds(Microseconds - passed.Microseconds);

    private long CeilingOf(long unit) => (Microseconds + unit - 1) / unit;
}
