
namespace OrleansLimiter.Grains;

/// <summary>How a valve stands, on the wire.</summary>
/// <param name="Kind">The number of a <see cref="ReplyKind"/>; all that follows is 0 for every kind but a decision.</param>
/// <param name="Phase">The number of the phase.</param>
/// <param name="IsPaused">1 if the operator holds the line.</param>
/// <param name="Admissions">People admitted per window.</param>
/// <param name="Window">The window in microseconds.</param>
/// <param name="Checkout">People in checkout at once.</param>
/// <param name="Joining">People whose places are not stored yet.</param>
/// <param name="Waiting">People in the pre-queue or in the line.</param>
/// <param name="InCheckout">People with an admission.</param>
/// <param name="Joined">Places given.</param>
/// <param name="Admitted">Places admitted.</param>
/// <param name="Left">Places given up.</param>
/// <param name="Died">Places whose owners did not poll.</param>
/// <param name="NoShows">Admissions not used in time.</param>
/// <param name="Completed">Admissions used.</param>
/// <param name="Abandoned">Admissions given back.</param>
/// <param name="Unstored">Records that are not stored yet.</param>
[GenerateSerializer, Immutable, Alias("ol.ValveStatus")]
internal readonly record struct ValveStatusMessage(
    [property: Id(0)] byte Kind,
    [property: Id(1)] byte Phase,
    [property: Id(2)] byte IsPaused,
    [property: Id(3)] long Admissions,
    [property: Id(4)] long Window,
    [property: Id(5)] long Checkout,
    [property: Id(6)] long Joining,
    [property: Id(7)] long Waiting,
    [property: Id(8)] long InCheckout,
    [property: Id(9)] long Joined,
    [property: Id(10)] long Admitted,
    [property: Id(11)] long Left,
    [property: Id(12)] long Died,
    [property: Id(13)] long NoShows,
    [property: Id(14)] long Completed,
    [property: Id(15)] long Abandoned,
    [property: Id(16)] long Unstored);
