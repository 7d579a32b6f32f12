using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Core.Leases;

/// <summary>
/// Permits that a key's owner has given out in advance: whoever holds them decides with them alone. They were debited when they were given
/// out, and count as used until they are returned or the lease ends.
/// </summary>
/// <param name="Id">Its name, made by whoever asked for it; never used before.</param>
/// <param name="Permits">How many; at least 1.</param>
/// <param name="EndsAt">When it ends, by the owner's clock.</param>
internal readonly record struct PermitLease(LeaseId Id, long Permits, Instant EndsAt)
{
    /// <summary>
    /// How long the owner keeps the place of what it gave out, counted from when it was asked. Part of the wire contract: who holds a lease
    /// relies on it, so that no build may ever make it shorter.
    /// </summary>
    public static Wait OwnersLife { get; } = Wait.OfMicroseconds(1_000_000);

    /// <summary>
    /// How long who asked may spend what it was given, counted by its own monotonic timer from before it asked. What is missing to
    /// <see cref="OwnersLife"/> is the margin for two timers of different rates: one of a tenth, a thousand times what a clock that is
    /// being corrected has.
    /// </summary>
    public static Wait HoldersLife { get; } = Wait.OfMicroseconds(900_000);
}
