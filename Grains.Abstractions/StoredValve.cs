
namespace OrleansLimiter.Grains;

/// <summary>
/// A part of a valve as it stands in grain storage: a snapshot, or a segment of the records since. Its bytes are never changed.
/// </summary>
/// <param name="Spec">In a snapshot what the valve was set up with; else null.</param>
/// <param name="Segment">In a snapshot the number of the first segment that it needs; in a segment its own number. From 1.</param>
/// <param name="Records">The records in bytes, one after the other; null where nothing is stored.</param>
/// <param name="Seed">In a snapshot the draw's seed as it was sealed (<see cref="OrleansLimiter.Valve.Tokens.SeedSeal"/>), for which the
/// first record then has zeros; null where that holds it itself.</param>
[GenerateSerializer, Immutable, Alias("ol.StoredValve")]
internal sealed record StoredValve(
    [property: Id(0)] ValveSpecMessage? Spec,
    [property: Id(1)] long Segment,
    [property: Id(2)] byte[]? Records,
    [property: Id(3)] byte[]? Seed = null)
{
    /// <summary>Nothing stored: what storage providers make of an absent record.</summary>
    public StoredValve()
        : this(null, 0, null, null)
    {
    }
}
