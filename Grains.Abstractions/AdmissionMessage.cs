
namespace OrleansLimiter.Grains;

/// <summary>An admission on the wire. The sale is the actor's key.</summary>
/// <param name="Valve">Its name's first part.</param>
/// <param name="Place">Its name's second part.</param>
/// <param name="UserHigh">The upper half of the user.</param>
/// <param name="UserLow">The lower half.</param>
[GenerateSerializer, Immutable, Alias("ol.Admission")]
internal readonly record struct AdmissionMessage(
    [property: Id(0)] ulong Valve,
    [property: Id(1)] long Place,
    [property: Id(2)] ulong UserHigh,
    [property: Id(3)] ulong UserLow);
