using OrleansLimiter.Core.Decisions;

namespace OrleansLimiter.Metrics;

/// <summary>How a decision is counted: the fixed set of values of the tag <c>outcome</c>.</summary>
internal enum DecisionOutcome
{
    Admitted,

    /// <summary>It was refused for now.</summary>
    Limited,

    /// <summary>It was refused for good.</summary>
    CostAboveCapacity,

    /// <summary>A lease to release was not known.</summary>
    UnknownLease,

    /// <summary>No decision, and it did not go on.</summary>
    Unavailable,

    /// <summary>No decision, and the policy let it go on.</summary>
    UnavailableAllowed,

    Invalid,

    /// <summary>It went on under a shadow policy that would have refused it for now.</summary>
    ShadowLimited,

    /// <summary>It went on under a shadow policy that would have refused it for good.</summary>
    ShadowCostAboveCapacity,

    /// <summary>It went on under a shadow policy without a decision.</summary>
    ShadowUnavailable,
}

/// <summary>Which outcome an answer is, and how each is written.</summary>
internal static class DecisionOutcomes
{
    private static readonly string[] Names =
    [
        "admitted", "limited", "cost_above_capacity", "unknown_lease", "unavailable", "unavailable_allowed", "invalid",
        "shadow_limited", "shadow_cost_above_capacity", "shadow_unavailable",
    ];

    public static int Count => Names.Length;

    public static string NameOf(DecisionOutcome outcome) => Names[(int)outcome];

    /// <summary>The outcome of an answer.</summary>
    public static DecisionOutcome Of(in LimitAnswer answer) => answer.Kind switch
    {
        LimitAnswerKind.Decided => Of(answer.Decision.Outcome, answer.Policy.IsShadow),
        LimitAnswerKind.Unavailable when answer.Policy.IsShadow => DecisionOutcome.ShadowUnavailable,
        LimitAnswerKind.Unavailable => answer.IsAllowed ? DecisionOutcome.UnavailableAllowed : DecisionOutcome.Unavailable,
        _ => DecisionOutcome.Invalid,
    };

    private static DecisionOutcome Of(Outcome outcome, bool isShadow) => outcome switch
    {
        Outcome.Admitted => DecisionOutcome.Admitted,
        Outcome.Limited => isShadow ? DecisionOutcome.ShadowLimited : DecisionOutcome.Limited,
        Outcome.CostAboveCapacity => isShadow ? DecisionOutcome.ShadowCostAboveCapacity : DecisionOutcome.CostAboveCapacity,
        _ => DecisionOutcome.UnknownLease,
    };
}
