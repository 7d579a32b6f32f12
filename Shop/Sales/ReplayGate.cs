using System.Text;
using OrleansLimiter.AspNetCore;
using OrleansLimiter.Hosting.Writing;
using OrleansLimiter.Shop.Accounts;
using OrleansLimiter.Shop.Data;
using OrleansLimiter.Shop.Line;

namespace OrleansLimiter.Shop.Sales;

/// <summary>
/// Answers a purchase that was answered before, under the same <c>Idempotency-Key</c>: whatever the limit says, so it is asked for before
/// the limit is. Who asks more often than anybody needs (<see cref="LookupBudget"/>) is asked for the limit first, as without a key. Safe
/// for use by many threads.
/// </summary>
internal sealed class ReplayGate(KeptReplies kept, RunningRequests running, LookupBudget budget)
{
    /// <summary>Marks an endpoint whose answers are kept.</summary>
    public sealed class Marker;

    /// <summary>Answers what was answered before, or goes on. Behind authentication, before the endpoint and its limits.</summary>
    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<Marker>() is null || await KeyOfAsync(context) is not { } key)
        {
            await next(context);
            return;
        }

        // Whatever comes of it, a look costs one of the user's: beyond them the limit is asked first, as without a key.
        var user = context.User.UserId();
        if (!budget.TryTake(user))
        {
            await next(context);
            return;
        }

        // From before the look-up until after the answer: who comes later finds either this request or what it was answered.
        if (!running.TryBegin(user, key, out var entry))
        {
            // What runs may itself be a replay of what has ended long ago.
            if (!await IsAnsweredBeforeAsync(context, key))
                await Replies.WriteProblem(context, PurchaseProblems.Running);
            return;
        }

        using (entry)
        {
            if (!await IsAnsweredBeforeAsync(context, key))
                await next(context);
        }
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

        // Whose looks are used up pays for each replay as for a purchase: so there are never more of them than both allow.
        if (context.Features.Get<Lookup>() is not null)
            await context.GetRequestLimits()!.RefundAsync(PayTicketCall.Limit);
        await WriteAsync(context, reply);
        return true;
    }

    /// <summary>
    /// The request's key, and what it says; null: there is none, or the limit goes first: the request cannot be read, or is longer than
    /// purchases are.
    /// </summary>
    private async ValueTask<RequestKey?> KeyOfAsync(HttpContext context) =>
        RequestKey.Read(context.Request, out var text) is null && text is not null
            && !(context.Request.ContentLength > QueueCalls.LongestPurchase)
            ? (await PayTicketRequest.OfAsync(context, kept)).Key
            : null;

    private static Task WriteAsync(HttpContext context, KeptReply reply)
    {
        context.Response.Headers.CacheControl = "no-store";
        return reply.Status == 0
            ? Replies.WriteProblem(context, PurchaseProblems.Running)
            : Replies.WriteBytes(context, reply.Status, reply.Status == StatusCodes.Status200OK ? Replies.Json : Problem.MediaType,
                Encoding.UTF8.GetBytes(reply.Body));
    }

    private async ValueTask<bool> IsAnsweredBeforeAsync(HttpContext context, RequestKey key)
    {
        var reply = await kept.FindAsync(context.User.UserId(), key.Text, context.RequestAborted);
        context.Features.Set(new Lookup(reply));
        if (reply is null || !key.IsOf(reply))
            return false; // another body: an ordinary mistake, which costs a permit
        await WriteAsync(context, reply);
        return true;
    }

    private sealed record Lookup(KeptReply? Found);
}
