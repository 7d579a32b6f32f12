using System.Collections.Immutable;

namespace OrleansLimiter.Valve;

/// <summary>What is published of a draw. Before the opening only <see cref="SeedHash"/>, which binds the seed.</summary>
/// <param name="SeedHash">The SHA-256 of the seed, 64 hexadecimal digits; null until the seed is stored, a moment after the valve was set
/// up.</param>
/// <param name="PlacesHash">The hash of the places that took part (<see cref="Draw.HashOf"/>); null before the draw.</param>
/// <param name="Seed">The seed, 64 hexadecimal digits; null before the draw.</param>
/// <param name="Places">The numbers of the places that took part, ascending; empty before the draw.</param>
/// <param name="IsBound">Whether the order depends on <paramref name="PlacesHash"/> too (<see cref="Draw"/>); false for a sale that an
/// earlier build set up.</param>
internal sealed record DrawProof(string? SeedHash, string? PlacesHash, string? Seed, ImmutableArray<PlaceRun> Places, bool IsBound);
