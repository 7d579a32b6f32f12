using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Service;

namespace OrleansLimiter;

/// <summary>What an <see cref="ILimiter"/> answered: a value, also where it refuses and where nobody could decide.</summary>
public readonly record struct LimitResult
{
    /// <summary>
    /// Whether the request may go on: it was admitted; or the policy is shadow, which never refuses; or nobody could decide and the
    /// policy says <see cref="OnUnavailable.Allow"/>. Of a refund or a release: whether it was done.
    /// </summary>
    public bool IsAdmitted { get; init; }

    /// <summary>What became of it.</summary>
    public LimitReason Reason { get; init; }

    /// <summary>Why nobody could decide, of <see cref="LimitReason.Unavailable"/>; else <see cref="EngineFaultKind.None"/>.</summary>
    public EngineFaultKind Fault { get; init; }

    /// <summary>The most permits that would be admitted next; 0 where nobody decided.</summary>
    public long Remaining { get; init; }

    /// <summary>The capacity of the bandwidth that <see cref="Remaining"/> speaks of; 0 where nobody decided.</summary>
    public long Limit { get; init; }

    /// <summary>
    /// The least wait after which the same request is admitted if nothing else happens (<see cref="LimitReason.Limited"/>), or after which
    /// it makes sense to ask again (<see cref="LimitReason.Unavailable"/>). Null otherwise: nothing was refused, or no wait helps.
    /// </summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The wait until the subject is as good as new if nothing else happens; zero where nobody decided.</summary>
    public TimeSpan ResetAfter { get; init; }

    /// <summary>leakyBucket: how long an admitted caller has to wait before it proceeds; zero for every other algorithm.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>Who decided, or could not: <c>memory</c>, <c>cluster</c>, <c>redis</c>, <c>lease</c> or <c>local</c>.</summary>
    public required string Source { get; init; }

    /// <summary>The policy's name.</summary>
    public required string Policy { get; init; }

    /// <summary>The result of asking for permits, or of looking whether they are there.</summary>
    internal static LimitResult OfAsking(in LimitAnswer answer) => Of(answer) with { IsAdmitted = answer.IsAllowed };

    /// <summary>The result of giving something back.</summary>
    internal static LimitResult OfReturning(in LimitAnswer answer) => Of(answer);

    private static LimitResult Of(in LimitAnswer answer)
    {
        var reason = ReasonOf(answer);
        var comesBack = reason is LimitReason.Limited or LimitReason.Unavailable && !answer.RetryAfter.IsNever;
        return new LimitResult
        {
            IsAdmitted = reason == LimitReason.Granted,
            Reason = reason,
            Fault = answer.Fault.Kind,
            Remaining = answer.Decision.Remaining,
            Limit = answer.Decision.Limit,
            RetryAfter = comesBack ? SpanOf(answer.RetryAfter) : null,
            ResetAfter = SpanOf(answer.Decision.ResetAfter),
            Delay = SpanOf(answer.Decision.Delay),
            Source = answer.Source,
            Policy = answer.Policy.Name,
        };
    }

    private static LimitReason ReasonOf(in LimitAnswer answer) => answer.Kind switch
    {
        LimitAnswerKind.Unavailable => LimitReason.Unavailable,
        LimitAnswerKind.Invalid when answer.Error?.Field == LimitService.RequestIdField => LimitReason.RequestIdReused,
        LimitAnswerKind.Invalid => LimitReason.PolicyChanged,
        _ => answer.Decision.Outcome switch
        {
            Outcome.Admitted => LimitReason.Granted,
            Outcome.CostAboveCapacity => LimitReason.CostAboveCapacity,
            Outcome.UnknownLease => LimitReason.UnknownPlace,
            _ => LimitReason.Limited,
        },
    };

    private static TimeSpan SpanOf(Wait wait) => wait.IsNever ? TimeSpan.MaxValue : TimeSpan.FromMicroseconds(wait.Microseconds);
}
