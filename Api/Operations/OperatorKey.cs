using OrleansLimiter.Api.Reading;
using OrleansLimiter.Api.Writing;
using OrleansLimiter.AspNetCore;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Engines.Memory;
using OrleansLimiter.Limiter;

namespace OrleansLimiter.Api.Operations;

/// <summary>
/// Lets operators in: whoever presents an operator's key in <c>X-Operator-Key</c>. Others get 401, ten a minute from one address, then 429. Only
/// failures are counted, so a stranger behind the same address locks no operator out. Safe for use by many threads.
/// </summary>
internal sealed class OperatorKey : IDisposable
{
    /// <summary>The header.</summary>
    public const string Header = "X-Operator-Key";

    private const string Policy = "operator-key";
    private const int MaxAddresses = 100_000;

    private static readonly LimitSpec Failures = LimitSpec.Of(Algorithm.TokenBucket, Bandwidth.Of(10, TimeSpan.FromMinutes(1)));
    private static readonly RateLimitFields Fields = new(Policy, Failures);
    private static readonly KeyScope Scope = KeyScope.Of(KeyScope.OwnTenant, Policy);
    private static readonly RequestError WrongKey = new(
        StatusCodes.Status401Unauthorized, Header, "X-Operator-Key is missing or unknown: it must be an operator's key.");

    private readonly OperatorDirectory _operators;
    private readonly MemoryEngine _failures;

    /// <summary>Creates the door with no failures counted.</summary>
    public OperatorKey(OperatorDirectory operators, TimeProvider time)
    {
        _operators = operators;
        _failures = new MemoryEngine(new MemoryEngineOptions { MaxOwnKeys = MaxAddresses, OwnPolicies = 1 }, time);
    }

    /// <summary>Whether the caller is an operator.</summary>
    public bool IsPresented(HttpContext context) => NameOf(context) is not null;

    /// <summary>The operator who calls; null for anybody else.</summary>
    public string? NameOf(HttpContext context)
    {
        var values = context.Request.Headers[Header];
        return values.Count == 1 && _operators.TryFind(values[0], out var name) ? name : null;
    }

    /// <summary>Turns away a caller who is none.</summary>
    public Task RefuseAsync(HttpContext context)
    {
        var reply = _failures.Execute(new LimitRequest(SubjectKey.Of(Scope, ClientAddress.Of(context)), Failures, Operation.Acquire, Permits.One));
        if (reply.IsFault)
            return Refused(context, reply.Fault.RetryAfter, StatusCodes.Status503ServiceUnavailable, Problem.TemporaryReducedCapacity, "Too many callers are counted. Try again later.");

        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers[RateLimitFields.PolicyHeader] = Fields.Policy;
        context.Response.Headers[RateLimitFields.LimitHeader] = Fields.Limit(reply.Decision);
        return reply.Decision.IsAdmitted
            ? Replies.WriteError(context, WrongKey)
            : Refused(context, reply.Decision.RetryAfter, StatusCodes.Status429TooManyRequests, Problem.QuotaExceeded, $"Too many wrong operator keys. Try again in {reply.Decision.RetryAfter.SecondsUp} seconds.");
    }

    /// <inheritdoc />
    public void Dispose() => _failures.Dispose();

    /// <summary>Marks a route that is for operators alone.</summary>
    public sealed class Required;

    private Task Refused(HttpContext context, Wait retryAfter, int status, string type, string message)
    {
        context.Response.Headers.RetryAfter = retryAfter.SecondsUp?.ToString(System.Globalization.CultureInfo.InvariantCulture);
        return new Problem
        {
            Type = type,
            Status = status,
            Message = message,
            ViolatedPolicies = status == StatusCodes.Status429TooManyRequests ? [Policy] : null,
            Policy = Policy,
            Source = _failures.Source,
            RetryAfterMs = retryAfter.MillisecondsUp,
        }.WriteAsync(context);
    }
}
