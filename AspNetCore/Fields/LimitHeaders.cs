using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Service;

namespace OrleansLimiter.AspNetCore.Fields;

/// <summary>
/// Writes what limits decided into response headers, and that nobody on the way may keep it: it is one caller's. What depends on policy and
/// tier alone is kept. Safe for use by many threads.
/// </summary>
/// <param name="settings">Whether the <c>X-RateLimit-*</c> headers are wanted too.</param>
internal sealed class LimitHeaders(HttpSettings settings)
{
    private const string NoStore = "no-store";

    private readonly ConcurrentDictionary<LimitHandle, RateLimitFields> _fields = new();

    /// <summary>
    /// Writes <c>RateLimit-Policy</c> and <c>RateLimit</c> for one answer, and <c>Cache-Control: no-store</c> unless the response says
    /// something else of that. Nothing is written where there is no decision.
    /// </summary>
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
        if (headers.CacheControl.Count == 0)
            headers.CacheControl = NoStore;
        if (settings.LegacyHeaders)
            WriteLegacy(headers, answer);
    }

    /// <summary>
    /// Writes the headers for several answers: all their policies in <c>RateLimit-Policy</c>, the tightest answer in <c>RateLimit</c>: the
    /// first that was refused, else the one with the least remaining.
    /// </summary>
    /// <param name="headers">Of a response that has not started.</param>
    /// <param name="answers">The answers, in the order of asking.</param>
    /// <param name="required">All limits that the request is under, in their order, those too that were not asked because an earlier one
    /// refused. Default: those that answered.</param>
    public void Write(IHeaderDictionary headers, IReadOnlyList<LimitAnswer> answers, IReadOnlyList<LimitHandle>? required = null)
    {
        ArgumentNullException.ThrowIfNull(headers);
        ArgumentNullException.ThrowIfNull(answers);
        var tightest = -1;
        for (var i = 0; i < answers.Count; i++)
        {
            if (answers[i].Kind == LimitAnswerKind.Decided && (tightest < 0 || IsTighter(answers[i], answers[tightest])))
                tightest = i;
        }

        if (tightest < 0)
            return;
        var policies = new List<string>(answers.Count);
        foreach (var handle in required ?? [.. answers.Select(answer => answer.Handle)])
        {
            var spec = answers.LastOrDefault(answer => answer.Handle == handle && answer.Kind == LimitAnswerKind.Decided).Spec;
            if (spec is null && answers.Any(answer => answer.Handle == handle))
                continue;
            var policy = FieldsOf(handle, spec ?? handle.Spec).Policy;
            if (!policies.Contains(policy))
                policies.Add(policy);
        }

        Write(headers, answers[tightest]);
        if (policies.Count > 1)
            headers[RateLimitFields.PolicyHeader] = string.Join(", ", policies);
    }

    /// <summary>
    /// Writes <c>Retry-After</c>, and <c>Cache-Control: no-store</c>, for an answer that was not allowed: whole seconds, rounded up, never
    /// earlier than the <c>t</c> of <c>RateLimit</c>. No <c>Retry-After</c> is written where no wait is long enough.
    /// </summary>
    /// <param name="headers">Of a response that has not started.</param>
    /// <param name="answer">The answer.</param>
    /// <returns>The seconds; null where no wait is long enough.</returns>
    public static long? WriteRetryAfter(IHeaderDictionary headers, in LimitAnswer answer)
    {
        ArgumentNullException.ThrowIfNull(headers);
        headers.CacheControl = NoStore;
        if (RetryAfterOf(answer) is not { } seconds)
            return null;
        headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        return seconds;
    }

    /// <summary>The seconds that whoever was not allowed has to wait; null where no wait is long enough.</summary>
    internal static long? RetryAfterOf(in LimitAnswer answer)
    {
        if (answer.RetryAfter.SecondsUp is not { } seconds)
            return null;
        return answer.Kind == LimitAnswerKind.Decided && answer.Decision.NextAfter.SecondsUp is { } next
            ? Math.Max(seconds, next)
            : seconds;
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
