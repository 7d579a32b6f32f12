using System.Globalization;
using Microsoft.AspNetCore.Http;
using OrleansLimiter.AspNetCore.Fields;
using OrleansLimiter.AspNetCore.Gate;
using OrleansLimiter.Core.Decisions;

namespace OrleansLimiter.AspNetCore;

/// <summary>
/// How a request is refused because of a limit: 429 where the limit said no, 503 where nobody could decide and the policy denies.
/// </summary>
public sealed class LimitRefusal
{
    private LimitRefusal(in LimitAnswer answer, Problem problem)
    {
        Answer = answer;
        Problem = problem;
    }

    /// <summary>The answer: of several limits that refuse the one with the longest wait.</summary>
    public LimitAnswer Answer { get; }

    /// <summary>The refusal as problem details.</summary>
    public Problem Problem { get; }

    /// <summary>The problem that a refusal is.</summary>
    /// <param name="answer">An answer that was not allowed.</param>
    /// <param name="cost">What was asked for.</param>
    /// <param name="retryAfterSeconds">What <c>Retry-After</c> says; null where no wait is long enough.</param>
    /// <param name="refusers">The answers of all limits that refuse now; default: the one.</param>
    /// <returns>The problem.</returns>
    internal static Problem ProblemOf(
        in LimitAnswer answer, long cost, long? retryAfterSeconds, IReadOnlyList<LimitAnswer>? refusers = null)
    {
        var isQuota = answer.Kind == LimitAnswerKind.Decided;
        var isForGood = isQuota && answer.Decision.Outcome == Outcome.CostAboveCapacity;
        var tryAgain = retryAfterSeconds == 1
            ? "Try again in 1 second."
            : string.Create(CultureInfo.InvariantCulture, $"Try again in {retryAfterSeconds} seconds.");
        return new Problem
        {
            Type = isQuota ? Problem.QuotaExceeded : Problem.TemporaryReducedCapacity,
            Status = isQuota ? StatusCodes.Status429TooManyRequests : StatusCodes.Status503ServiceUnavailable,
            Message = isForGood
                ? string.Create(CultureInfo.InvariantCulture,
                    $"Cost {cost} is above the capacity {answer.Spec.Capacity} and can never be admitted.")
                : isQuota ? $"Rate limit exceeded. {tryAgain}" : $"The limit cannot be decided at the moment. {tryAgain}",
            ViolatedPolicies = isQuota ? [.. (refusers ?? [answer]).Select(refuser => RateLimitFields.ItemOf(refuser)).Distinct()] : null,
            Policy = answer.Policy.Name,
            Source = answer.Source,
            Reason = isForGood ? "costAboveCapacity" : null,
            RetryAfterMs = answer.RetryAfter.MillisecondsUp,
        };
    }

    /// <summary>
    /// Refuses a request: status, <c>Retry-After</c> and problem details, or for a gRPC call its own status. The <c>RateLimit</c> headers
    /// are not written here.
    /// </summary>
    /// <param name="context">A request whose response has not started.</param>
    /// <param name="answer">An answer that was not allowed.</param>
    /// <param name="cost">What was asked for.</param>
    /// <param name="refusers">The answers of all limits that refuse now; default: the one.</param>
    /// <returns>When the response is written.</returns>
    internal static Task WriteAsync(HttpContext context, in LimitAnswer answer, long cost, IReadOnlyList<LimitAnswer>? refusers = null) =>
        Begin(context, answer, cost, refusers ?? [answer]).WriteAsync(context);

    /// <summary>
    /// Writes the refusal as the whole response, as a request is refused where nobody writes another: problem details, or for a gRPC call
    /// its own status.
    /// </summary>
    /// <param name="context">The refused request, whose response has not started.</param>
    /// <returns>When the response is written.</returns>
    public Task WriteAsync(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return GrpcRefusal.IsGrpc(context.Request) ? GrpcRefusal.WriteAsync(context, Problem) : Problem.WriteAsync(context);
    }

    /// <summary>Sets the status and <c>Retry-After</c>.</summary>
    internal static LimitRefusal Begin(HttpContext context, in LimitAnswer answer, long cost, IReadOnlyList<LimitAnswer> refusers)
    {
        ArgumentNullException.ThrowIfNull(context);
        var seconds = LimitHeaders.WriteRetryAfter(context.Response.Headers, answer);
        var problem = ProblemOf(answer, cost, seconds, refusers);
        context.Response.StatusCode = problem.Status;
        return new LimitRefusal(answer, problem);
    }
}
