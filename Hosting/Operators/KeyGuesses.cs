using System.Globalization;
using OrleansLimiter.AspNetCore;
using OrleansLimiter.AspNetCore.Addresses;
using OrleansLimiter.AspNetCore.Fields;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Engines.Memory;
using OrleansLimiter.Hosting.Caching;
using OrleansLimiter.Hosting.Reading;
using OrleansLimiter.Hosting.Writing;

namespace OrleansLimiter.Hosting.Operators;

/// <summary>
/// Bounds the guesses at keys from one address: so many failures a minute, and then what is presented is not believed though it be right,
/// so that the limit ends the guessing and not only its answers. A name that was found from the address before is: a stranger behind the
/// same address locks nobody out who is at home there. Counted by this front end alone. Safe for use by many threads.
/// </summary>
/// <param name="policy">What the limit is called in answers.</param>
/// <param name="perMinute">How many failures.</param>
/// <param name="refusal">What those are told who have no guess left, but for when to come again.</param>
/// <param name="time">The clock.</param>
internal sealed class KeyGuesses(string policy, int perMinute, string refusal, TimeProvider time) : IDisposable
{
    private const int MaxAddresses = 100_000;
    private const int MostKnown = 10_000;
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly LimitSpec _spec = LimitSpec.Of(Algorithm.TokenBucket, Bandwidth.Of(perMinute, Window));
    private readonly KeyScope _scope = KeyScope.Of(KeyScope.OwnTenant, policy);
    private readonly RecentTable<(string Address, string Name), bool> _known = new(MostKnown);
    private readonly MemoryEngine _failures = new(new MemoryEngineOptions { MaxOwnKeys = MaxAddresses, OwnPolicies = 1 }, time);
    private volatile bool _hasFailed;
    private long _failedAt;

    /// <summary>Whether a name that a key was found to be of is believed.</summary>
    public bool IsBelieved(HttpContext context, string name)
    {
        var home = (ClientAddress.Of(context), name);
        if (_known.TryGet(home, out _))
            return true;

        // Where nobody has failed of late, nobody is held.
        var isHeld = _hasFailed && time.GetElapsedTime(Volatile.Read(ref _failedAt)) < Window
            && Ask(context, Operation.Peek) is { IsFault: false, Decision.IsAdmitted: false };
        if (!isHeld)
            _known.Set(home, true);
        return !isHeld;
    }

    /// <summary>Answers a failure, which counts: the error, or 429 where no guess is left.</summary>
    public Task RefuseAsync(HttpContext context, RequestError error)
    {
        Volatile.Write(ref _failedAt, time.GetTimestamp());
        _hasFailed = true;
        var reply = Ask(context, Operation.Acquire);
        if (reply.IsFault)
            return Refused(context, reply.Fault.RetryAfter, StatusCodes.Status503ServiceUnavailable, Problem.TemporaryReducedCapacity,
                "Too many callers are counted. Try again later.");

        var fields = new RateLimitFields(policy, _spec);
        context.Response.Headers[RateLimitFields.PolicyHeader] = fields.Policy;
        context.Response.Headers[RateLimitFields.LimitHeader] = fields.Limit(reply.Decision);
        if (reply.Decision.IsAdmitted)
            return Replies.WriteError(context, error);
        var message = $"{refusal} {Replies.TryAgain(reply.Decision.RetryAfter.SecondsUp)}";
        return Refused(context, reply.Decision.RetryAfter, StatusCodes.Status429TooManyRequests, Problem.QuotaExceeded, message);
    }

    public void Dispose() => _failures.Dispose();

    private EngineReply Ask(HttpContext context, Operation operation) =>
        _failures.Execute(new LimitRequest(SubjectKey.Of(_scope, ClientAddress.Of(context)), _spec, operation, Permits.One));

    private Task Refused(HttpContext context, Wait retryAfter, int status, string type, string message)
    {
        context.Response.Headers.RetryAfter = retryAfter.SecondsUp?.ToString(CultureInfo.InvariantCulture);
        return new Problem
        {
            Type = type,
            Status = status,
            Message = message,
            ViolatedPolicies = status == StatusCodes.Status429TooManyRequests ? [policy] : null,
            Policy = policy,
            Source = _failures.Source,
            RetryAfterMs = retryAfter.MillisecondsUp,
        }.WriteAsync(context);
    }
}
