using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace OrleansLimiter.Api.Limits;

// What bodies of the limit service hold, for its description: they are read by LimitCallReader and written by AnswerText.

/// <summary>A charge or a refund.</summary>
internal sealed record LimitCallBody(
    [property: MinLength(1), Description(LimitCallBody.KeyRule)] string Key,
    [property: Range(0L, LimitCall.MaxCost), DefaultValue(1L)] long? Cost,
    [property: DefaultValue(LimitCall.DefaultPolicy)] string? Policy,
    [property: MinLength(1), MaxLength(64), Description("A repeated request of this name is not charged twice.")] string? RequestId)
{
    /// <summary>What a key is.</summary>
    public const string KeyRule = "Whose counter: 1 to 256 bytes of UTF-8 without control characters.";
}

/// <summary>The end of a place.</summary>
internal sealed record LimitReleaseBody(
    [property: MinLength(1), Description(LimitCallBody.KeyRule)] string Key,
    string? Policy,
    [property: Description("32 hexadecimal digits.")] string Lease,
    string? RequestId);

/// <summary>Several charges.</summary>
internal sealed record LimitBatchBody([property: MinLength(1), MaxLength(LimitCallReader.MaxChecks)] IReadOnlyList<LimitCallBody> Checks);

/// <summary>A decision.</summary>
internal sealed record LimitAnswerBody(
    bool Allowed,
    [property: Description("The largest cost that would be admitted next.")] long Remaining,
    [property: Description("When the key is as good as fresh, in Unix milliseconds.")] long ResetAtMs,
    [property: Description("The wait until the same request is admitted; null: never."), JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    long? RetryAfterMs,
    long Limit,
    string Policy,
    [property: AllowedValues("memory", "cluster", "redis", "lease", "local")] string Source,
    [property: AllowedValues("limited", "costAboveCapacity", "unavailable")] string? Reason,
    string? Message,
    [property: Description("leakyBucket: proceed after it.")] long? DelayMs,
    [property: Description("concurrency: the place, to be released.")] string? Lease);

/// <summary>Several decisions, in the order of the charges.</summary>
internal sealed record LimitBatchAnswerBody(IReadOnlyList<LimitAnswerBody> Results);
