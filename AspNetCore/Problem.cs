using System.ComponentModel;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace OrleansLimiter.AspNetCore;

/// <summary>
/// An error as it stands in a response: problem details (RFC 9457, media type <c>application/problem+json</c>) with the members that the
/// wire contract adds. A member that is null is left out.
/// </summary>
public sealed record Problem
{
    /// <summary>The media type.</summary>
    public const string MediaType = "application/problem+json";

    /// <summary>The type of a refusal by a limit: a quota is used up.</summary>
    public const string QuotaExceeded = "https://iana.org/assignments/http-problem-types#quota-exceeded";

    /// <summary>The type of a failure that passes: what decides, or serves, cannot do so at the moment.</summary>
    public const string TemporaryReducedCapacity = "https://iana.org/assignments/http-problem-types#temporary-reduced-capacity";

    /// <summary>The type of an error that its status says all about.</summary>
    public const string Blank = "about:blank";

    private const string NoStore = "no-store";

    // Nothing here is ever put into HTML: an apostrophe in a message may stay one.
    private static readonly ProblemJson Json = new(new JsonSerializerOptions(ProblemJson.Default.Options)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    /// <summary>What kind of problem it is, as a URI. Default <c>about:blank</c>.</summary>
    public string Type { get; init; } = Blank;

    /// <summary>The kind in words: that of the type; the status' phrase for <c>about:blank</c>.</summary>
    public string Title
    {
        get => field ?? Type switch
        {
            QuotaExceeded => "Quota Exceeded",
            TemporaryReducedCapacity => "Temporary Reduced Capacity",
            _ => ReasonPhrases.GetReasonPhrase(Status),
        };
        init;
    }

    /// <summary>The HTTP status.</summary>
    public required int Status { get; init; }

    /// <summary>What is wrong this time, under the name that RFC 9457 gives it.</summary>
    public string Detail => Message;

    /// <summary>What is wrong this time, and the rule. Never holds a key or an address.</summary>
    [Description("As detail.")]
    public required string Message { get; init; }

    /// <summary>The items of <c>RateLimit-Policy</c> that refuse now; null where it is no refusal by a limit.</summary>
    [JsonPropertyName("violated-policies"), Description("The items of RateLimit-Policy that refuse.")]
    public IReadOnlyList<string>? ViolatedPolicies { get; init; }

    /// <summary>The field at fault.</summary>
    [Description("The field at fault.")]
    public string? Field { get; init; }

    /// <summary>The policy that refused.</summary>
    public string? Policy { get; init; }

    /// <summary>Who decided, or could not: <c>memory</c>, <c>cluster</c>, <c>redis</c>, <c>lease</c> or <c>local</c>.</summary>
    public string? Source { get; init; }

    /// <summary>Why, in a word: <c>costAboveCapacity</c> of a limit that refuses for good, or a route's own.</summary>
    public string? Reason { get; init; }

    /// <summary>In how many milliseconds (rounded up) the same request makes sense again.</summary>
    public long? RetryAfterMs { get; init; }

    /// <summary>An application's own members, behind the others (RFC 9457, 3.2: extension members). Default (null): none.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? Extensions { get; set; }

    /// <summary>The problem as it stands in a body.</summary>
    /// <returns>JSON in UTF-8.</returns>
    public byte[] ToUtf8() => JsonSerializer.SerializeToUtf8Bytes(this, Json.Problem);

    /// <summary>
    /// Writes the problem as the whole response. Headers set before stay, but for <c>Cache-Control</c>: it is <c>no-store</c>, since
    /// whether something is wrong depends on who asks, and when; a cache may else keep a 404 by its own rules (RFC 9111, 4.2.2).
    /// </summary>
    /// <param name="context">A request whose response has not started.</param>
    /// <returns>When it is written.</returns>
    public Task WriteAsync(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var body = ToUtf8();
        var response = context.Response;
        response.StatusCode = Status;
        response.ContentType = MediaType;
        response.Headers.CacheControl = NoStore;
        response.ContentLength = body.Length;
        return response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }
}

/// <summary>How problems are serialised: camel case, in the order of the wire contract, without reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Problem))]
internal sealed partial class ProblemJson : JsonSerializerContext;
