using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Limiter;

namespace OrleansLimiter.AspNetCore;

/// <summary>Writes what limits decided into response headers. What depends on policy and tier alone is kept. Safe for use by many threads.</summary>
/// <param name="settings">Whether the <c>X-RateLimit-*</c> headers are wanted too.</param>
public sealed class LimitHeaders(HttpSettings settings)
{
    private readonly ConcurrentDictionary<LimitHandle, RateLimitFields> _fields = new();

    /// <summary>Writes <c>RateLimit-Policy</c> and <c>RateLimit</c> for one answer. Nothing is written where there is no decision.</summary>
    /// <param name="headers">Of a response that has not started.</param>
    /// <param name="answer">The answer.</param>
    public void Write(IHeaderDictionary headers, in LimitAnswer answer)
    {
        ArgumentNullException.ThrowIfNull(headers);
        if (answer.Kind != LimitAnswerKind.Decided)
            return;
        var fields = FieldsOf(answer);
        headers[RateLimitFields.PolicyHeader] = fields.Policy;
        headers[RateLimitFields.LimitHeader] = fields.Limit(answer.Decision);
        if (settings.LegacyHeaders)
            WriteLegacy(headers, answer);
    }

    /// <summary>
    /// Writes the headers for several answers: all their policies in <c>RateLimit-Policy</c>, the tightest answer in <c>RateLimit</c>: the first
    /// that was refused, else the one with the least remaining.
    /// </summary>
    /// <param name="headers">Of a response that has not started.</param>
    /// <param name="answers">The answers, in the order of asking.</param>
    /// <param name="required">All limits that the request is under, those too that were not asked because an earlier one refused. Default: those that answered.</param>
    public void Write(IHeaderDictionary headers, IReadOnlyList<LimitAnswer> answers, IReadOnlyList<LimitHandle>? required = null)
    {
        ArgumentNullException.ThrowIfNull(headers);
        ArgumentNullException.ThrowIfNull(answers);
        var tightest = -1;
        var policies = new List<string>(answers.Count);
        for (var i = 0; i < answers.Count; i++)
        {
            var answer = answers[i];
            if (answer.Kind != LimitAnswerKind.Decided)
                continue;
            if (!policies.Contains(FieldsOf(answer).Policy))
                policies.Add(FieldsOf(answer).Policy);
            if (tightest < 0 || IsTighter(answer, answers[tightest]))
                tightest = i;
        }

        if (tightest < 0)
            return;
        foreach (var handle in required ?? [])
        {
            if (answers.All(answer => answer.Handle != handle))
                policies.Add(FieldsOf(handle, handle.Spec).Policy);
        }

        Write(headers, answers[tightest]);
        if (policies.Count > 1)
            headers[RateLimitFields.PolicyHeader] = string.Join(", ", policies);
    }

    /// <summary>
    /// Writes <c>Retry-After</c> for an answer that was not allowed: whole seconds, rounded up, never earlier than the <c>t</c> of <c>RateLimit</c>. Nothing
    /// is written where no wait is long enough.
    /// </summary>
    /// <param name="headers">Of a response that has not started.</param>
    /// <param name="answer">The answer.</param>
    /// <returns>The seconds; null where no wait is long enough.</returns>
    public static long? WriteRetryAfter(IHeaderDictionary headers, in LimitAnswer answer)
    {
        ArgumentNullException.ThrowIfNull(headers);
        if (answer.RetryAfter.SecondsUp is not { } seconds)
            return null;
        if (answer.Kind == LimitAnswerKind.Decided && answer.Decision.NextAfter.SecondsUp is { } next)
            seconds = Math.Max(seconds, next);
        headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        return seconds;
    }

    private static bool IsTighter(in LimitAnswer answer, in LimitAnswer other) =>
        answer.Decision.IsAdmitted == other.Decision.IsAdmitted
            ? answer.Decision.Remaining < other.Decision.Remaining && answer.Decision.IsAdmitted
            : !answer.Decision.IsAdmitted;

    private static void WriteLegacy(IHeaderDictionary headers, in LimitAnswer answer)
    {
        headers["X-RateLimit-Limit"] = answer.Decision.Limit.ToString(CultureInfo.InvariantCulture);
        headers["X-RateLimit-Remaining"] = answer.Decision.Remaining.ToString(CultureInfo.InvariantCulture);
        headers["X-RateLimit-Reset"] = (answer.Decision.ResetAfter.SecondsUp ?? 0).ToString(CultureInfo.InvariantCulture);
    }

    private RateLimitFields FieldsOf(in LimitAnswer answer) => FieldsOf(answer.Handle, answer.Spec);

    private RateLimitFields FieldsOf(LimitHandle handle, LimitSpec spec)
    {
        // A newer spec replaces the old one's text; two threads that race write equal ones.
        if (_fields.TryGetValue(handle, out var fields) && ReferenceEquals(fields.Spec, spec))
            return fields;
        return _fields[handle] = new RateLimitFields(handle.Policy.Name, spec);
    }
}
