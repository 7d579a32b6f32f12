namespace OrleansLimiter.Core.Limits;

/// <summary>
/// Which of two specs of a policy is newer: the higher revision, and for equal revisions the higher hash of the
/// content, so that all who hold different contents agree on one. A key's state never goes back to a lower version.
/// </summary>
/// <param name="Revision">Counted up by whoever changes a policy at run time; 0 for a policy from configuration.</param>
/// <param name="ContentHash">The first 64 bits of the SHA-256 of the spec's canonical text.</param>
public readonly record struct SpecVersion(long Revision, ulong ContentHash) : IComparable<SpecVersion>
{
    /// <inheritdoc />
    public int CompareTo(SpecVersion other)
    {
        var byRevision = Revision.CompareTo(other.Revision);
        return byRevision != 0 ? byRevision : ContentHash.CompareTo(other.ContentHash);
    }

    /// <summary>Whether <paramref name="left"/> is older.</summary>
    public static bool operator <(SpecVersion left, SpecVersion right) => left.CompareTo(right) < 0;

    /// <summary>Whether <paramref name="left"/> is newer.</summary>
    public static bool operator >(SpecVersion left, SpecVersion right) => left.CompareTo(right) > 0;

    /// <summary>Whether <paramref name="left"/> is not newer.</summary>
    public static bool operator <=(SpecVersion left, SpecVersion right) => left.CompareTo(right) <= 0;

    /// <summary>Whether <paramref name="left"/> is not older.</summary>
    public static bool operator >=(SpecVersion left, SpecVersion right) => left.CompareTo(right) >= 0;
}
