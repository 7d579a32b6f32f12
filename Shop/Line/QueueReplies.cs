using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace OrleansLimiter.Shop.Line;

/// <summary>How a caller stands in line.</summary>
/// <param name="State"><c>joining</c>, <c>preQueue</c>, <c>waiting</c>, <c>admitted</c> or <c>soldOut</c>.</param>
/// <param name="Position">1 for the one whose turn is next; null before the draw and with an admission. It never grows.</param>
/// <param name="EtaSeconds">The wait until the turn, in seconds (up); null where it cannot be foreseen.</param>
/// <param name="PollAfterMs">When to ask again.</param>
/// <param name="Place">The number of the place, by which the draw can be checked; left out while the place is not promised yet.</param>
/// <param name="Admission">What to present as <c>Sale-Admission</c>; left out where it is not the caller's turn.</param>
internal sealed record QueueReply(
    [property: Description("joining, preQueue, waiting, admitted or soldOut.")] string State,
    [property: Description("1 for the one whose turn is next; null before the draw."), JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    int? Position,
    [property: Description("Null where it cannot be foreseen."), JsonIgnore(Condition = JsonIgnoreCondition.Never)] long? EtaSeconds,
    [property: Required, Description("When to ask again.")] long? PollAfterMs,
    [property: Description("The number by which the draw can be checked.")] long? Place,
    [property: Description("To be sent as Sale-Admission.")] string? Admission);

/// <summary>What is published of a draw.</summary>
/// <param name="SeedHash">The SHA-256 of the seed.</param>
/// <param name="Rule">By which number places are ordered, the smallest first: of bytes, the place and the hash in ASCII.</param>
/// <param name="PlacesHash">The hash of the places that took part; left out before the opening.</param>
/// <param name="Seed">The seed; left out before the opening.</param>
/// <param name="Places">The places that took part, as runs of numbers; left out before the opening.</param>
internal sealed record DrawReply(
    string? SeedHash,
    [property: Description("By which number places are ordered, the smallest first.")] string Rule,
    [property: Description("From the opening on, as the next two.")] string? PlacesHash,
    string? Seed,
    IReadOnlyList<PlacesReply>? Places);

internal sealed record PlacesReply(long First, long Last);

/// <summary>How a valve stands.</summary>
/// <param name="Phase">The sale's phase.</param>
/// <param name="Paused">Whether an operator holds the line, in whatever phase.</param>
/// <param name="Admissions">The most people admitted in any window.</param>
/// <param name="WindowMs">The window.</param>
/// <param name="Checkout">The most people in checkout.</param>
/// <param name="Joining">People whose places are not stored yet.</param>
/// <param name="Waiting">People in the pre-queue or in the line.</param>
/// <param name="InCheckout">People with an admission that has not ended.</param>
/// <param name="Counts">What the valve has done since it was set up.</param>
/// <param name="Source">Who answered.</param>
internal sealed record ValveReplyBody(
    string Phase,
    bool Paused,
    [property: Description("At most so many in any window.")] int Admissions,
    long WindowMs,
    [property: Description("At most so many at once.")] int Checkout,
    int Joining,
    int Waiting,
    int InCheckout,
    CountsReply Counts,
    string Source);

/// <summary>What a valve has done.</summary>
/// <param name="Joined">Places given.</param>
/// <param name="Admitted">Places admitted.</param>
/// <param name="Left">Places given up.</param>
/// <param name="Died">Places whose owners did not ask.</param>
/// <param name="NoShows">Admissions not used in time.</param>
/// <param name="Completed">Admissions used.</param>
/// <param name="Abandoned">Admissions given back.</param>
internal sealed record CountsReply(long Joined, long Admitted, long Left, long Died, long NoShows, long Completed, long Abandoned);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(QueueReply))]
[JsonSerializable(typeof(DrawReply))]
[JsonSerializable(typeof(ValveReplyBody))]
internal sealed partial class QueueJson : JsonSerializerContext;
