using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Resilience;

/// <summary>What the engine said of a key.</summary>
/// <param name="Remaining">How many permits remained.</param>
/// <param name="Limit">Of how many.</param>
/// <param name="ResetAfter">How long until the key is whole.</param>
/// <param name="NextAfter">How long until it has more.</param>
/// <param name="At">When it was heard, of the monotonic timer.</param>
internal readonly record struct Remainder(long Remaining, long Limit, Wait ResetAfter, Wait NextAfter, long At)
{
    /// <summary>What the engine refused since anything else happened to the key.</summary>
    public KeyRefusals? Refusals { get; init; }

    /// <summary>Whether a wait that was told with it is over.</summary>
    public bool HasPassed(Wait wait, TimeProvider time) =>
        !wait.IsNever && time.GetElapsedTime(At).TotalMicroseconds >= wait.Microseconds;
}
