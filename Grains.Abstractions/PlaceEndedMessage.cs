
namespace OrleansLimiter.Grains;

/// <summary>What came of ending a place, on the wire.</summary>
/// <param name="Kind">The number of a <see cref="ReplyKind"/>.</param>
/// <param name="Ended">1 if there was one to end; 2 if it is an admission that was not to be ended so.</param>
[GenerateSerializer, Immutable, Alias("ol.PlaceEnded")]
internal readonly record struct PlaceEndedMessage([property: Id(0)] byte Kind, [property: Id(1)] byte Ended);
