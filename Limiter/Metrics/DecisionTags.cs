using OrleansLimiter.Core.Decisions;

namespace OrleansLimiter.Metrics;

/// <summary>
/// The tags of one policy, tier and source, each set made when first needed and then kept: nothing is allocated per decision, and no
/// value comes from a caller. Safe for use by many threads: two that race make equal sets, and one is kept.
/// </summary>
internal sealed class DecisionTags(string policy, string tier, string source)
{
    private static readonly string[] OperationNames =
        ["acquire", "acquire_up_to", "peek", "refund", "charge", "release", "reset", "renew", "lease", "return"];

    private readonly KeyValuePair<string, object?>[]?[] _decisions = new KeyValuePair<string, object?>[
        OperationNames.Length * DecisionOutcomes.Count][];
    private readonly KeyValuePair<string, object?>[]?[] _durations = new KeyValuePair<string, object?>[OperationNames.Length][];

    /// <summary>An operation, as tags name it.</summary>
    public static string NameOf(Operation operation) => OperationNames[(int)operation];

    /// <summary>The tags of the counter.</summary>
    public ReadOnlySpan<KeyValuePair<string, object?>> Of(Operation operation, DecisionOutcome outcome) =>
        _decisions[(int)operation * DecisionOutcomes.Count + (int)outcome] ??=
        [
            new("policy", policy),
            new("tier", tier),
            new("outcome", DecisionOutcomes.NameOf(outcome)),
            new("source", source),
            new("operation", OperationNames[(int)operation]),
        ];

    /// <summary>The tags of the histogram: fewer, because each set has as many series as there are buckets.</summary>
    public ReadOnlySpan<KeyValuePair<string, object?>> Of(Operation operation) =>
        _durations[(int)operation] ??= [new("source", source), new("operation", OperationNames[(int)operation])];
}
