using System.Text.Json.Serialization;

namespace OrleansLimiter.AspNetCore;

/// <summary>Where the caller of a refused request stands in line. Both members are always written, also as null.</summary>
/// <param name="Position">1 for the one whose turn is next; null before the draw.</param>
/// <param name="EtaSeconds">The wait until the caller's turn, in seconds (up), as far as it can be foreseen; null where it cannot.</param>
public sealed record QueuePlace(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] int? Position,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] long? EtaSeconds);
