using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Service;

namespace OrleansLimiter;

/// <summary>
/// What whoever asks the limiter is answered: a decision, a failure to decide, or a mistake in the request.
/// </summary>
public readonly record struct LimitAnswer
{
    private static readonly Wait DefaultRetryAfter = Wait.OfMicroseconds(1_000_000);

    private LimitAnswer(LimitAnswerKind kind, LimitHandle handle, LimitSpec spec, string source)
    {
        Kind = kind;
        Handle = handle;
        Spec = spec;
        Source = source;
    }

    /// <summary>Which of the three it is.</summary>
    public LimitAnswerKind Kind { get; }

    /// <summary>Who asked, under which policy.</summary>
    internal LimitHandle Handle { get; }

    /// <summary>The policy.</summary>
    public Policy Policy => Handle.Policy;

    /// <summary>The spec that decided: newer than the caller knew where the engine had a newer one.</summary>
    public LimitSpec Spec { get; }

    /// <summary>Who decided, or could not: <c>memory</c>, <c>cluster</c>, <c>redis</c>, <c>lease</c> or <c>local</c>.</summary>
    public string Source { get; }

    /// <summary>The decision, of <see cref="LimitAnswerKind.Decided"/>.</summary>
    public Decision Decision { get; private init; }

    /// <summary>Why there is no decision, of <see cref="LimitAnswerKind.Unavailable"/>.</summary>
    public EngineFault Fault { get; private init; }

    /// <summary>
    /// What is wrong, of <see cref="LimitAnswerKind.Invalid"/>: the field (<c>policy</c> or <c>requestId</c>), its value, the rule. Else
    /// null.
    /// </summary>
    public InvalidValue? Error { get; private init; }

    /// <summary>
    /// How soon to ask again: the decision's, or for <see cref="LimitAnswerKind.Unavailable"/> the fault's, 1 s where it names none; none
    /// for an invalid request.
    /// </summary>
    public Wait RetryAfter => Kind switch
    {
        LimitAnswerKind.Decided => Decision.RetryAfter,
        LimitAnswerKind.Unavailable => Fault.RetryAfter.Microseconds > 0 ? Fault.RetryAfter : DefaultRetryAfter,
        _ => Wait.None,
    };

    /// <summary>
    /// Whether the request may go on: it was admitted; or the policy is shadow, which never refuses; or there is no decision and the
    /// policy says <see cref="OnUnavailable.Allow"/>. An unknown lease and an invalid request never are.
    /// </summary>
    public bool IsAllowed => Kind switch
    {
        LimitAnswerKind.Decided => Decision.IsAdmitted || (Policy.IsShadow && Decision.Outcome != Outcome.UnknownLease),
        LimitAnswerKind.Unavailable => Policy.IsShadow || Policy.OnUnavailable == OnUnavailable.Allow,
        _ => false,
    };

    /// <summary>The engine decided.</summary>
    /// <param name="handle">Who asked, under which policy.</param>
    /// <param name="spec">The spec that decided.</param>
    /// <param name="source">Who decided.</param>
    /// <param name="decision">What was decided.</param>
    /// <returns>The answer.</returns>
    internal static LimitAnswer Decided(LimitHandle handle, LimitSpec spec, string source, in Decision decision) =>
        new(LimitAnswerKind.Decided, handle, spec, source) { Decision = decision };

    /// <summary>The engine could not decide.</summary>
    /// <param name="handle">Who asked, under which policy.</param>
    /// <param name="spec">The spec that was asked for.</param>
    /// <param name="source">Who could not.</param>
    /// <param name="fault">Why.</param>
    /// <returns>The answer.</returns>
    internal static LimitAnswer Unavailable(LimitHandle handle, LimitSpec spec, string source, EngineFault fault) =>
        new(LimitAnswerKind.Unavailable, handle, spec, source) { Fault = fault };

    /// <summary>The request breaks a rule.</summary>
    /// <param name="handle">Who asked, under which policy.</param>
    /// <param name="spec">The spec that was asked for.</param>
    /// <param name="source">Who would have decided.</param>
    /// <param name="error">The field, its value, the rule.</param>
    /// <returns>The answer.</returns>
    internal static LimitAnswer Invalid(LimitHandle handle, LimitSpec spec, string source, InvalidValue error) =>
        new(LimitAnswerKind.Invalid, handle, spec, source) { Error = error };
}
