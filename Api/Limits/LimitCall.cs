namespace OrleansLimiter.Api.Limits;

/// <summary>One call of the limit service as it was sent: the types are right, the values are not checked yet.</summary>
internal record struct LimitCall
{
    /// <summary>The policy where none is named.</summary>
    public const string DefaultPolicy = "default";

    /// <summary>The largest cost that a caller may name.</summary>
    public const long MaxCost = 1_000_000;

    /// <summary>What a cost must be.</summary>
    public const string CostRule = "an integer from 0 to 1,000,000";

    /// <summary>The subject; null if it was left out.</summary>
    public string? Key { get; set; }

    /// <summary>The policy; null if it was left out.</summary>
    public string? Policy { get; set; }

    /// <summary>The cost; null if it was left out.</summary>
    public long? Cost { get; set; }

    /// <summary>The caller's name for the request; null if it was left out.</summary>
    public string? RequestId { get; set; }

    /// <summary>The place to free; null if it was left out.</summary>
    public string? Lease { get; set; }
}
