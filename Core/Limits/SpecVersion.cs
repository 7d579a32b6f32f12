namespace OrleansLimiter.Core.Limits;

/// <summary>
/// What tells the specs of a policy apart. Of two revisions the higher is newer, and holds everywhere. Two contents of one revision, as
/// while front ends are restarted with another configuration, are equally right: each caller's own decides its calls.
/// </summary>
/// <param name="Revision">Counted up by whoever changes a policy at run time; 0 for a policy from configuration.</param>
/// <param name="ContentHash">The first 64 bits of the SHA-256 of the spec's canonical text. It says whether two contents are the same, and
/// no more.</param>
public readonly record struct SpecVersion(long Revision, ulong ContentHash)
{
    /// <summary>Whether this is of a higher revision. What is neither newer nor older may still be another content.</summary>
    /// <param name="other">The version to compare with.</param>
    /// <returns>Whether <paramref name="other"/> is of a lower revision.</returns>
    public bool IsNewerThan(SpecVersion other) => Revision > other.Revision;
}
