using System.Text;
using OrleansLimiter.Api.Auth;
using OrleansLimiter.Api.Data;
using OrleansLimiter.Api.Writing;
using OrleansLimiter.AspNetCore;

namespace OrleansLimiter.Api.Tickets;

/// <summary>
/// Answers a purchase that was answered before, under the same <c>Idempotency-Key</c>: whatever the limit says, so it is asked for before the limit is. Who asks for many keys under
/// which nothing is kept is asked for the limit first, as without a key. Safe for use by many threads.
/// </summary>
internal sealed class ReplayGate(KeptReplies kept, LookupBudget budget)
{
    /// <summary>Marks an endpoint whose answers are kept.</summary>
    public sealed class Marker;

    /// <summary>Answers what was answered before, or goes on. Behind authentication, before the endpoint and its limits.</summary>
    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<Marker>() is null || !await IsAnsweredBeforeAsync(context))
            await next(context);
    }

    /// <summary>Answers what was answered before, or that it is not answered yet.</summary>
    /// <param name="context">The request, which the limit has let through.</param>
    /// <param name="key">Its key.</param>
    /// <param name="isFirst">Whether to go by what was found before the limit was asked, if it was looked for.</param>
    /// <returns>Whether there was anything.</returns>
    public async ValueTask<bool> IsAnsweredAsync(HttpContext context, RequestKey key, bool isFirst)
    {
        var before = isFirst ? context.Features.Get<Lookup>() : null;
        var reply = before is not null ? before.Found : await kept.FindAsync(context.User.UserId(), key.Text, context.RequestAborted);
        if (reply is null)
            return false;
        if (!key.IsOf(reply))
        {
            await Replies.WriteProblem(context, PurchaseProblems.OtherBody);
            return true;
        }

        await context.GetRequestLimits()!.RefundAsync(PayTicketCall.Limit);
        await WriteAsync(context, reply);
        return true;
    }

    private static Task WriteAsync(HttpContext context, KeptReply reply)
    {
        context.Response.Headers.CacheControl = "no-store";
        return reply.Status == 0
            ? Replies.WriteProblem(context, PurchaseProblems.Running)
            : Replies.WriteBytes(context, reply.Status, reply.Status == StatusCodes.Status200OK ? Replies.Json : Problem.MediaType, Encoding.UTF8.GetBytes(reply.Body));
    }

    private async ValueTask<bool> IsAnsweredBeforeAsync(HttpContext context)
    {
        if (RequestKey.Read(context.Request, out var text) is not null || text is null)
            return false;
        var user = context.User.UserId();
        if (!budget.TryTake(user))
            return false;
        var reply = await kept.FindAsync(user, text, context.RequestAborted);
        context.Features.Set(new Lookup(reply));
        if (reply is null)
            return false;
        budget.GiveBack(user);
        if ((await PayTicketRequest.OfAsync(context, kept)).Key is not { } key || !key.IsOf(reply))
            return false; // another body, or none that can be read: an ordinary mistake, which costs a permit
        await WriteAsync(context, reply);
        return true;
    }

    private sealed record Lookup(KeptReply? Found);
}
