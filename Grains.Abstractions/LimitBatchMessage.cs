using System.Collections.Immutable;

namespace OrleansLimiter.Grains;

/// <summary>Many requests on the wire: 64 at most.</summary>
/// <param name="Specs">The rules that they name, each once.</param>
/// <param name="Calls">The requests, one behind the other, as <see cref="LimitBatchFormat"/> writes them.</param>
[GenerateSerializer, Immutable, Alias("ol.LimitBatch")]
internal sealed record LimitBatchMessage(
    [property: Id(0)] ImmutableArray<LimitSpecMessage> Specs,
    [property: Id(1)] byte[] Calls);
