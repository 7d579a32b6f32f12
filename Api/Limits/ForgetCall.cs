using Microsoft.AspNetCore.Http.Features;
using OrleansLimiter.Api.Operations;
using OrleansLimiter.Api.Reading;
using OrleansLimiter.Api.Writing;
using OrleansLimiter.AspNetCore;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Limiter;

namespace OrleansLimiter.Api.Limits;

/// <summary><c>DELETE /limit/{policy}/{**key}?tenant=</c>: an operator has a key forgotten. The service's own keys, those of internal policies among them, are the tenant <c>~app</c>'s. Safe for use by many threads.</summary>
internal sealed class ForgetCall(OperatorKey operatorKey, CallRules rules, LimitService service, LimitHeaders headers, AuditLog audit)
{
    /// <summary>Forgets a key: 204, also where there was none.</summary>
    public async Task ForgetAsync(HttpContext context)
    {
        if (operatorKey.NameOf(context) is not { } person)
        {
            await operatorKey.RefuseAsync(context);
            return;
        }

        if (Find(context, out var handle, out var key) is { } error)
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

    private RequestError? Find(HttpContext context, out LimitHandle? handle, out SubjectKey key)
    {
        handle = null;
        key = default;
        var policyName = context.GetRouteValue("policy") as string ?? string.Empty;
        if (rules.FindPolicy(policyName, out var policy) is { } unknown)
            return unknown;
        if (QueryReader.UnknownIn(context.Request.QueryString.Value, "tenant") is { } unknownParameter)
            return unknownParameter;
        if (QueryReader.ReadText(context.Request.QueryString.Value, "tenant", out var tenantName) is { } wrongQuery)
            return wrongQuery;
        if (string.IsNullOrEmpty(tenantName))
            return RequestError.BadField("tenant", "tenant is missing: it must name the tenant whose key is to be forgotten.");
        if (rules.FindTenant(tenantName, out var tenant) is { } unknownTenant)
            return unknownTenant;

        if (policy!.IsInternal && !tenant!.IsOwn)
            return RequestError.Internal(policy.Name);
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (TargetReader.ReadKey(target, policyName, out var subject) is { } wrongPath)
            return wrongPath;
        handle = service.HandleFor(tenant!, policy);
        return SubjectKey.TryCreate(handle.Scope, subject, out key, out var error) ? null : RequestError.Of(error);
    }
}
