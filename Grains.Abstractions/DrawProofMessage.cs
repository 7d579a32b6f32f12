using System.Collections.Immutable;

namespace OrleansLimiter.Grains;

/// <summary>What may be published of a draw, on the wire.</summary>
/// <param name="Kind">The number of a <see cref="ReplyKind"/>.</param>
/// <param name="SeedHash">The seed's hash; null until the seed is stored.</param>
/// <param name="PlacesHash">The hash of the places that took part; null before the draw.</param>
/// <param name="Seed">The seed; null before the draw.</param>
/// <param name="Places">For each run of places two numbers: the first and the last.</param>
/// <param name="IsBound">1 if the order depends on the places' hash too.</param>
[GenerateSerializer, Immutable, Alias("ol.DrawProof")]
internal sealed record DrawProofMessage(
    [property: Id(0)] byte Kind,
    [property: Id(1)] string? SeedHash,
    [property: Id(2)] string? PlacesHash,
    [property: Id(3)] string? Seed,
    [property: Id(4)] ImmutableArray<long> Places,
    [property: Id(5)] byte IsBound = 0);
