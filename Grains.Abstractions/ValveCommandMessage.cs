
namespace OrleansLimiter.Grains;

/// <summary>A command to a valve on the wire.</summary>
/// <param name="Command">The number of the command.</param>
/// <param name="Admissions">For new rates: people per window; else 0, as what follows.</param>
/// <param name="Window">The window in microseconds.</param>
/// <param name="Checkout">People in checkout at once.</param>
[GenerateSerializer, Immutable, Alias("ol.ValveCommand")]
internal readonly record struct ValveCommandMessage(
    [property: Id(0)] byte Command,
    [property: Id(1)] long Admissions,
    [property: Id(2)] long Window,
    [property: Id(3)] long Checkout);
