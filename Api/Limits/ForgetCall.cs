using Microsoft.AspNetCore.Http.Features;
using OrleansLimiter.AspNetCore;
using OrleansLimiter.AspNetCore.Fields;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Hosting.Operators;
using OrleansLimiter.Hosting.Reading;
using OrleansLimiter.Hosting.Writing;
using OrleansLimiter.Service;

namespace OrleansLimiter.Api.Limits;

/// <summary>
/// <c>DELETE /limit/{policy}/{**key}?tenant=</c>, or <c>/limit?policy=&amp;key=&amp;tenant=</c>: an operator has a key forgotten. The
/// service's own keys, those of internal policies among them, are the tenant <c>~app</c>'s. Safe for use by many threads.
/// </summary>
internal sealed class ForgetCall(OperatorKey operatorKey, CallRules rules, LimitService service, LimitHeaders headers, AuditLog audit)
{
    private static readonly string[] Named = ["policy", "key", "tenant"];

    private delegate RequestError? Finder(HttpContext context, out LimitHandle? handle, out SubjectKey key);

    /// <summary>Forgets the key that the path names: 204, also where there was none.</summary>
    public Task ForgetAsync(HttpContext context) => ForgetAsync(context, FindInPath);

    /// <summary>Forgets the key that the query names: 204, also where there was none.</summary>
    public Task ForgetNamedAsync(HttpContext context) => ForgetAsync(context, FindInQuery);

    private async Task ForgetAsync(HttpContext context, Finder find)
    {
        if (operatorKey.NameOf(context) is not { } person)
        {
            await operatorKey.RefuseAsync(context);
            return;
        }

        if (find(context, out var handle, out var key) is { } error)
        {
            await Replies.WriteError(context, error);
            return;
        }

        var before = await service.ExecuteAsync(handle!, key, Operation.Peek, Permits.Zero);
        var answer = await service.ExecuteAsync(handle!, key, Operation.Reset, Permits.Zero);
        if (answer.Kind == LimitAnswerKind.Unavailable)
        {
            audit.Unanswered(person, $"to forget a key of the tenant {handle!.Tenant.Name} under the policy {handle.Policy.Name}");
            await LimitRefusal.WriteAsync(context, answer, 0);
            return;
        }

        audit.KeyForgotten(person, handle!, before, answer);
        headers.Write(context.Response.Headers, answer);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private RequestError? FindInPath(HttpContext context, out LimitHandle? handle, out SubjectKey key)
    {
        key = default;
        var policy = context.GetRouteValue("policy") as string ?? string.Empty;
        if (FindHandle(context, policy, ["tenant"], out handle) is { } error)
            return error;
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        return TargetReader.ReadKey(target, policy, out var subject) ?? Compose(handle!, subject, out key);
    }

    private RequestError? FindInQuery(HttpContext context, out LimitHandle? handle, out SubjectKey key)
    {
        (handle, key) = (null, default);
        var query = context.Request.QueryString.Value;
        if (QueryReader.ReadText(query, "policy", out var policy) is { } wrongPolicy)
            return wrongPolicy;
        if (QueryReader.ReadText(query, "key", out var subject) is { } wrongKey)
            return wrongKey;
        if (QueryReader.UnknownIn(query, Named) is { } unknownParameter)
            return unknownParameter;
        if (string.IsNullOrEmpty(policy))
            return RequestError.BadField("policy", "policy is missing: it must name the policy whose key is to be forgotten.");
        return FindHandle(context, policy, Named, out handle) ?? Compose(handle!, subject, out key);
    }

    /// <summary>Finds the policy and the tenant, which the query names.</summary>
    private RequestError? FindHandle(HttpContext context, string policyName, string[] parameters, out LimitHandle? handle)
    {
        handle = null;
        if (rules.FindPolicy(policyName, out var policy) is { } unknown)
            return unknown;
        if (QueryReader.UnknownIn(context.Request.QueryString.Value, parameters) is { } unknownParameter)
            return unknownParameter;
        if (QueryReader.ReadText(context.Request.QueryString.Value, "tenant", out var tenantName) is { } wrongQuery)
            return wrongQuery;
        if (string.IsNullOrEmpty(tenantName))
            return RequestError.BadField("tenant", "tenant is missing: it must name the tenant whose key is to be forgotten.");
        if (rules.FindTenant(tenantName, out var tenant) is { } unknownTenant)
            return unknownTenant;

        if (policy!.IsInternal && !tenant!.IsOwn)
            return RequestError.Internal(policy.Name);
        handle = service.HandleFor(tenant!, policy);
        return null;
    }

    private static RequestError? Compose(LimitHandle handle, string? subject, out SubjectKey key) =>
        SubjectKey.TryCreate(handle.Scope, subject, out key, out var error) ? null : RequestError.Of(error);
}
