namespace OrleansLimiter.Core.Leases;

/// <summary>
/// What must hold of a key that lends permits, at every instant and on both sides of the wire: what the owner has left, what is out and
/// what was spent together are never more than the bound. The owner asserts it of each bandwidth (spent: 0; bound: its capacity), whoever
/// holds a lease of that (level: what is left of it; out: what it has sent back; bound: what it was given), and whoever sees both sides of
/// all that was spent in any window (bound: the algorithm's row, and for each crash of the owner its term).
/// </summary>
internal static class LeaseInvariant
{
    /// <summary>Whether it holds.</summary>
    /// <param name="level">What whoever asserts it has left to give; at least 0.</param>
    /// <param name="outstanding">What others may still have; at least 0.</param>
    /// <param name="spent">What was spent in the window that the bound is for; at least 0.</param>
    /// <param name="bound">The most that there can be.</param>
    public static bool Holds(long level, long outstanding, long spent, long bound) =>
        level >= 0 && outstanding >= 0 && spent >= 0 && level + outstanding + spent <= bound;
}
