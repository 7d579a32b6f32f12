using System.Collections.Immutable;

namespace OrleansLimiter.Grains;

/// <summary>A key as it stands in grain storage.</summary>
/// <param name="Spec">The spec that the state is under; null where nothing is stored.</param>
/// <param name="Numbers">The snapshot's numbers.</param>
/// <param name="RequestIds">The snapshot's request ids.</param>
[GenerateSerializer, Immutable, Alias("ol.StoredKey")]
internal sealed record StoredKey(
    [property: Id(0)] LimitSpecMessage? Spec,
    [property: Id(1)] ImmutableArray<long> Numbers,
    [property: Id(2)] ImmutableArray<string> RequestIds)
{
    /// <summary>Nothing stored: what storage providers make of an absent record.</summary>
    public StoredKey()
        : this(null, [], [])
    {
    }
}
