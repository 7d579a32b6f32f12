using System.Collections.Immutable;

namespace OrleansLimiter.Grains;

/// <summary>A spec on the wire.</summary>
/// <param name="Algorithm">The number of the algorithm.</param>
/// <param name="Revision">The version's first part.</param>
/// <param name="ContentHash">The version's second part; the receiver checks it against the content.</param>
/// <param name="Bandwidths">For each bandwidth three numbers: limit, window in microseconds, burst (0 for none).</param>
[GenerateSerializer, Immutable, Alias("ol.LimitSpec")]
internal sealed record LimitSpecMessage(
    [property: Id(0)] byte Algorithm,
    [property: Id(1)] long Revision,
    [property: Id(2)] ulong ContentHash,
    [property: Id(3)] ImmutableArray<long> Bandwidths);
