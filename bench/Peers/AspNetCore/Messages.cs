using System.Text.Json.Serialization;

namespace OrleansLimiter.PeersAspNetCore;

/// <summary>What is asked: the JSON of <c>POST /limit/incr</c>.</summary>
internal sealed record LimitCall(string? Key, long? Cost, string? Policy);

/// <summary>What is answered.</summary>
internal sealed record LimitAnswer(bool Allowed, long Remaining, long Limit, string Policy);

/// <summary>The code that reads and writes both, made by the compiler.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(LimitCall))]
[JsonSerializable(typeof(LimitAnswer))]
internal sealed partial class MessageJson : JsonSerializerContext;
