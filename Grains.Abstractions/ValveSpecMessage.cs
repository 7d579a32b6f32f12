
namespace OrleansLimiter.Grains;

/// <summary>What a valve is set up with, on the wire and in storage. The sale is the actor's key. Times are in microseconds.</summary>
/// <param name="PreQueueAt">From when people may come.</param>
/// <param name="OpensAt">The opening.</param>
/// <param name="Admissions">People admitted per window at first.</param>
/// <param name="Window">The window.</param>
/// <param name="Checkout">People in checkout at once at first.</param>
/// <param name="AcceptWithin">How long an admission is good for.</param>
/// <param name="MaxPlaces">How many places there may be at once.</param>
[GenerateSerializer, Immutable, Alias("ol.ValveSpec")]
internal sealed record ValveSpecMessage(
    [property: Id(0)] long PreQueueAt,
    [property: Id(1)] long OpensAt,
    [property: Id(2)] long Admissions,
    [property: Id(3)] long Window,
    [property: Id(4)] long Checkout,
    [property: Id(5)] long AcceptWithin,
    [property: Id(6)] long MaxPlaces);
