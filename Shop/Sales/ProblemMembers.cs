using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansLimiter.AspNetCore;

namespace OrleansLimiter.Shop.Sales;

/// <summary>The members that the shop's problems have beside those of every problem.</summary>
internal static class ProblemMembers
{
    /// <summary><c>opensAt</c>: when the sale begins, in UTC.</summary>
    public static Problem OpeningAt(this Problem problem, DateTime opensAt) => problem with
    {
        Extensions = Of("opensAt", JsonSerializer.SerializeToElement(opensAt, ProblemMembersJson.Default.DateTime)),
    };

    /// <summary><c>queue</c>: where the caller stands in line. Both of its members are always written, also as null.</summary>
    /// <param name="problem">The problem.</param>
    /// <param name="position">1 for the one whose turn is next; null before the draw.</param>
    /// <param name="etaSeconds">The wait until the caller's turn, in seconds (up); null where it cannot be foreseen.</param>
    public static Problem InLine(this Problem problem, int? position, long? etaSeconds) => problem with
    {
        Extensions = Of(
            "queue", JsonSerializer.SerializeToElement(new QueuePlace(position, etaSeconds), ProblemMembersJson.Default.QueuePlace)),
    };

    private static Dictionary<string, JsonElement> Of(string name, JsonElement value) => new(StringComparer.Ordinal) { [name] = value };
}

/// <summary>Where the caller of a refused request stands in line.</summary>
internal sealed record QueuePlace(int? Position, long? EtaSeconds);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(QueuePlace))]
[JsonSerializable(typeof(DateTime))]
internal sealed partial class ProblemMembersJson : JsonSerializerContext;
