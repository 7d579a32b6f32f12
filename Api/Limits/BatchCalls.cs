using System.Globalization;
using OrleansLimiter.AspNetCore.Fields;
using OrleansLimiter.AspNetCore.Gate;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Hosting.Reading;
using OrleansLimiter.Hosting.Writing;
using OrleansLimiter.Places;
using OrleansLimiter.Service;

namespace OrleansLimiter.Api.Limits;

/// <summary>
/// <c>POST /limit/batch</c>: everything is checked before anything is charged. Items on one key are asked in their order, others side by
/// side. Safe for use by many threads.
/// </summary>
internal sealed class BatchCalls(
    TenantKey tenants, CallRules rules, LimitService service, LimitHeaders headers, BatchTurns turns, TimeProvider time)
{
    public async Task BatchAsync(HttpContext context)
    {
        var (checks, error) = await ReadAsync(context);
        if (error is not null)
        {
            await tenants.WriteErrorAsync(context, error);
            return;
        }

        try
        {
            if (await turns.TakeAsync(checks[0].Handle.Tenant.Name, context.RequestAborted) is not { } turn)
            {
                await Replies.WriteBusy(context, "Too many batches of this tenant wait already; nothing was charged.", "tooManyBatches");
                return;
            }

            using (turn)
                await AnswerAsync(context, checks);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody waits for the answer any more.
        }
    }

    private async Task AnswerAsync(HttpContext context, PreparedCall[] checks)
    {
        if (await ReusedIdAsync(checks) is { } reused)
        {
            await Replies.WriteError(context, reused);
            return;
        }

        var now = Instant.From(time.GetUtcNow());
        var answers = await AskAsync(checks);
        if (Array.FindIndex(answers, answer => answer.Kind == LimitAnswerKind.Invalid) is var invalid and >= 0)
        {
            await UndoAsync(checks, answers);
            await Replies.WriteError(context, RequestError.Of(answers[invalid].Error!).Within(PathOf(invalid)));
            return;
        }

        for (var i = 0; i < checks.Length; i++)
        {
            if (!answers[i].Decision.Lease.IsNone)
                UndeliveredPlace.HoldIfHeard(
                    context, new LimitCharge(service, checks[i].Key, answers[i], checks[i].Cost.Count), !checks[i].RequestId.IsNone);
        }

        headers.Write(context.Response.Headers, answers);
        await LimitReplies.WriteAll(context, answers, checks, now);
    }

    private async ValueTask<(PreparedCall[] Checks, RequestError? Error)> ReadAsync(HttpContext context)
    {
        var error = tenants.Find(context, out var tenant) ?? QueryReader.UnknownIn(context.Request.QueryString.Value)
            ?? JsonBody.ErrorInHeader(context.Request);
        if (error is not null)
            return ([], error);
        var (sent, wrong) = await JsonBody.ReadAsync<List<LimitCall>>(context.Request, LimitCallReader.ReadBatch);
        if (wrong is not null)
            return ([], wrong);

        var checks = new PreparedCall[sent!.Count];
        for (var i = 0; i < checks.Length; i++)
        {
            error = rules.Check(tenant!, sent[i], out checks[i]) ?? ErrorBetween(checks, i);
            if (error is not null)
                return ([], (error.Status == StatusCodes.Status404NotFound
                    ? error with { Status = StatusCodes.Status400BadRequest }
                    : error).Within(PathOf(i)));
        }

        return (checks, null);
    }

    /// <summary>One name for two requests of different cost in one batch.</summary>
    private static RequestError? ErrorBetween(PreparedCall[] checks, int last)
    {
        for (var i = 0; i < last && !checks[last].RequestId.IsNone; i++)
        {
            if (checks[i].RequestId == checks[last].RequestId && checks[i].Key == checks[last].Key && checks[i].Cost != checks[last].Cost)
                return RequestError.WrongType("requestId", $"that of checks[{i.ToString(CultureInfo.InvariantCulture)}]",
                    "of another value, or come with the same cost");
        }

        return null;
    }

    /// <summary>Only the engine knows whether an id was used before with another cost: it is asked before anything is charged.</summary>
    private async ValueTask<RequestError?> ReusedIdAsync(PreparedCall[] checks)
    {
        for (var i = 0; i < checks.Length; i++)
        {
            var check = checks[i];
            if (check.RequestId.IsNone)
                continue;
            var answer = await service.ExecuteAsync(check.Handle, check.Key, Operation.Peek, check.Cost, check.RequestId);
            if (answer.Error is { } error)
                return RequestError.Of(error).Within(PathOf(i));
        }

        return null;
    }

    private async ValueTask<LimitAnswer[]> AskAsync(PreparedCall[] checks)
    {
        var answers = new LimitAnswer[checks.Length];
        var pending = new Task<LimitAnswer>?[checks.Length];
        for (var i = 0; i < checks.Length; i++)
        {
            if (LastOnSameKey(checks, pending, i) is { } earlier)
            {
                pending[i] = AskAfter(earlier, checks[i]);
                continue;
            }

            var asked = Ask(checks[i]);
            if (asked.IsCompletedSuccessfully)
                answers[i] = asked.Result;
            else
                pending[i] = asked.AsTask();
        }

        for (var i = 0; i < checks.Length; i++)
        {
            if (pending[i] is { } late)
                answers[i] = await late;
        }

        return answers;
    }

    private static Task<LimitAnswer>? LastOnSameKey(PreparedCall[] checks, Task<LimitAnswer>?[] pending, int item)
    {
        for (var i = item - 1; i >= 0; i--)
        {
            if (pending[i] is { IsCompleted: false } earlier && checks[i].Key == checks[item].Key)
                return earlier;
        }

        return null;
    }

    private async Task<LimitAnswer> AskAfter(Task earlier, PreparedCall check)
    {
        await earlier;
        return await Ask(check);
    }

    private ValueTask<LimitAnswer> Ask(in PreparedCall check) =>
        service.ExecuteAsync(
            check.Handle, check.Key, Operation.Acquire, check.Cost, check.RequestId, PlaceNames.ProvisionalFor(check.Handle));

    /// <summary>
    /// An id may still be taken by another request between the question and the charge: then what was charged is given back. Not under an
    /// id of its own: repeated, it is answered as admitted and not charged again.
    /// </summary>
    private async ValueTask UndoAsync(PreparedCall[] checks, LimitAnswer[] answers)
    {
        for (var i = 0; i < checks.Length; i++)
        {
            if (checks[i].RequestId.IsNone && answers[i].Kind == LimitAnswerKind.Decided)
                await new LimitCharge(service, checks[i].Key, answers[i], checks[i].Cost.Count).UndoAsync();
        }
    }

    private static string PathOf(int item) => $"checks[{item.ToString(CultureInfo.InvariantCulture)}]";
}
