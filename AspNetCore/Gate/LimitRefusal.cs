using System.Globalization;
using Microsoft.AspNetCore.Http;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Limiter;

namespace OrleansLimiter.AspNetCore;

/// <summary>How a request is refused because of a limit: 429 where the limit said no, 503 where nobody could decide and the policy denies.</summary>
public static class LimitRefusal
{
    /// <summary>The problem that a refusal is.</summary>
    /// <param name="answer">An answer that was not allowed.</param>
    /// <param name="cost">What was asked for.</param>
    /// <param name="retryAfterSeconds">What <c>Retry-After</c> says; null where no wait is long enough.</param>
    /// <returns>The problem.</returns>
    public static Problem ProblemOf(in LimitAnswer answer, long cost, long? retryAfterSeconds)
    {
        var isQuota = answer.Kind == LimitAnswerKind.Decided;
        var isForGood = isQuota && answer.Decision.Outcome == Outcome.CostAboveCapacity;
        var tryAgain = retryAfterSeconds == 1
            ? "Try again in 1 second."
            : string.Create(CultureInfo.InvariantCulture, $"Try again in {retryAfterSeconds} seconds.");
        return new Problem
        {
            Type = isQuota ? Problem.QuotaExceeded : Problem.TemporaryReducedCapacity,
            Title = isQuota ? "Too Many Requests" : "Service Unavailable",
            Status = isQuota ? StatusCodes.Status429TooManyRequests : StatusCodes.Status503ServiceUnavailable,
            Message = isForGood
                ? string.Create(CultureInfo.InvariantCulture, $"Cost {cost} is above the capacity {answer.Spec.Capacity} and can never be admitted.")
                : isQuota ? $"Rate limit exceeded. {tryAgain}" : $"The limit cannot be decided at the moment. {tryAgain}",
            Policy = answer.Policy.Name,
            Source = answer.Source,
            Reason = isForGood ? "costAboveCapacity" : null,
            RetryAfterMs = answer.RetryAfter.MillisecondsUp,
        };
    }

    /// <summary>Refuses a request: status, <c>Retry-After</c> and problem details. The <c>RateLimit</c> headers are not written here.</summary>
    /// <param name="context">A request whose response has not started.</param>
    /// <param name="answer">An answer that was not allowed.</param>
    /// <param name="cost">What was asked for.</param>
    /// <returns>When the response is written.</returns>
    public static Task WriteAsync(HttpContext context, in LimitAnswer answer, long cost)
    {
        ArgumentNullException.ThrowIfNull(context);
        var seconds = LimitHeaders.WriteRetryAfter(context.Response.Headers, answer);
        return ProblemOf(answer, cost, seconds).WriteAsync(context);
    }
}
