using OrleansLimiter.AspNetCore;
using OrleansLimiter.AspNetCore.Fields;
using OrleansLimiter.AspNetCore.Gate;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Hosting.Operators;
using OrleansLimiter.Hosting.Reading;
using OrleansLimiter.Hosting.Writing;
using OrleansLimiter.Places;
using OrleansLimiter.Service;
using OrleansLimiter.Tenants;

namespace OrleansLimiter.Api.Limits;

/// <summary>
/// <c>/limit/check</c>, <c>/limit/incr</c>, <c>/limit/refund</c> and <c>/limit/release</c>. A request is judged in this order: tenant,
/// media type and size, shape of the body, policy, values; then the engine decides. Where the body is there and the engine answers at once,
/// the response is written without a task of its own. Safe for use by many threads.
/// </summary>
internal sealed class LimitCalls(
    TenantKey tenants, OperatorKey operatorKey, CallRules rules, LimitService service, LimitHeaders headers, TimeProvider time)
{
    private static readonly RequestError PublicRefund = new(
        StatusCodes.Status403Forbidden, null, "Callers without an API key cannot refund.");

    private static readonly RequestError UnknownLease = new(
        StatusCodes.Status404NotFound, "lease", "lease is unknown: it was released, has expired, or was never given out.");

    /// <summary><c>GET /limit/check</c>; with <c>tenant</c> an operator looks at that tenant's key.</summary>
    public Task CheckAsync(HttpContext context)
    {
        var query = context.Request.QueryString.Value;
        var wrongTenant = QueryReader.ReadText(query, "tenant", out var tenantName);
        if (wrongTenant is not null || tenantName is not null)
            return CheckForOperatorAsync(context, wrongTenant, tenantName);
        if (tenants.Find(context, out var tenant) is { } error)
            return tenants.WriteErrorAsync(context, error);
        var wrong = LimitQuery.ReadCall(query, out var call);
        return Conclude(context, Operation.Peek, tenant!, call, wrong);
    }

    private Task CheckForOperatorAsync(HttpContext context, RequestError? wrongTenant, string? tenantName)
    {
        if (!operatorKey.IsPresented(context))
            return operatorKey.RefuseAsync(context);
        if (wrongTenant is not null)
            return Replies.WriteError(context, wrongTenant);
        var wrong = LimitQuery.ReadCall(context.Request.QueryString.Value, out var call);
        Tenant? tenant = null;
        wrong ??= rules.FindTenant(tenantName!, out tenant);
        return Conclude(context, Operation.Peek, tenant!, call, wrong, byOperator: true);
    }

    /// <summary><c>POST /limit/incr</c>.</summary>
    public Task IncrAsync(HttpContext context) => Post(context, Operation.Acquire);

    /// <summary><c>POST /limit/refund</c>.</summary>
    public Task RefundAsync(HttpContext context) => Post(context, Operation.Refund);

    /// <summary><c>POST /limit/release</c>.</summary>
    public Task ReleaseAsync(HttpContext context) => Post(context, Operation.Release);

    private Task Post(HttpContext context, Operation operation)
    {
        if (tenants.Find(context, out var tenant) is { } unknown)
            return tenants.WriteErrorAsync(context, unknown);
        if (operation == Operation.Refund && tenant!.IsPublic)
            return Replies.WriteError(context, PublicRefund);
        if ((QueryReader.UnknownIn(context.Request.QueryString.Value) ?? JsonBody.ErrorInHeader(context.Request)) is { } wrongHeader)
            return Replies.WriteError(context, wrongHeader);
        return JsonBody.TryRead(context.Request, ReaderOf(operation), out var call, out var wrong)
            ? Conclude(context, operation, tenant!, call, wrong)
            : ReadThenConclude(context, operation, tenant!);
    }

    private static JsonBody.Parser<LimitCall> ReaderOf(Operation operation) =>
        operation == Operation.Release ? LimitCallReader.ReadRelease : LimitCallReader.Read;

    private async Task ReadThenConclude(HttpContext context, Operation operation, Tenant tenant)
    {
        var (call, wrong) = await JsonBody.ReadAsync(context.Request, ReaderOf(operation));
        await Conclude(context, operation, tenant, call, wrong);
    }

    private Task Conclude(
        HttpContext context, Operation operation, Tenant tenant, in LimitCall call, RequestError? wrong, bool byOperator = false)
    {
        if (wrong is not null)
            return Replies.WriteError(context, wrong);
        if (rules.Check(tenant, call, out var prepared, byOperator) is { } broken)
            return Replies.WriteError(context, broken);
        var lease = operation == Operation.Acquire ? PlaceNames.ProvisionalFor(prepared.Handle) : LeaseId.None;
        if (operation == Operation.Release && !LeaseId.TryParse(call.Lease, out lease))
            return Replies.WriteError(context,
                RequestError.WrongType("lease", call.Lease is null ? "missing" : "none", "32 hexadecimal digits"));

        // Read before the engine reads its own: the end of a window, rounded up to the millisecond, is then told as what it is.
        var now = Instant.From(time.GetUtcNow());
        var pending = service.ExecuteAsync(prepared.Handle, prepared.Key, operation, prepared.Cost, prepared.RequestId, lease);
        return pending.IsCompletedSuccessfully
            ? Reply(context, operation, prepared, pending.Result, now)
            : AwaitThenReply(context, operation, prepared, pending, now);
    }

    private async Task AwaitThenReply(
        HttpContext context, Operation operation, PreparedCall call, ValueTask<LimitAnswer> pending, Instant now) =>
        await Reply(context, operation, call, await pending, now);

    private Task Reply(HttpContext context, Operation operation, in PreparedCall call, in LimitAnswer answer, Instant now)
    {
        var cost = call.Cost.Count;
        if (operation == Operation.Acquire && !answer.Decision.Lease.IsNone)
            UndeliveredPlace.HoldIfHeard(context, new LimitCharge(service, call.Key, answer, cost), !call.RequestId.IsNone);
        if (answer.Error is { } error)
            return Replies.WriteError(context, RequestError.Of(error));
        if (answer.Kind == LimitAnswerKind.Unavailable && !answer.IsAllowed)
            return LimitRefusal.WriteAsync(context, answer, cost);

        headers.Write(context.Response.Headers, answer);
        if (answer.Decision.Outcome == Outcome.UnknownLease)
            return Replies.WriteError(context, UnknownLease);
        var isRefused = operation == Operation.Acquire && !answer.IsAllowed;
        if (isRefused)
            LimitHeaders.WriteRetryAfter(context.Response.Headers, answer);
        return LimitReplies.Write(
            context, answer, cost, now, isRefused ? StatusCodes.Status429TooManyRequests : StatusCodes.Status200OK);
    }
}
