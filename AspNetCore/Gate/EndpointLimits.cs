using Microsoft.AspNetCore.Http;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Limiter;

namespace OrleansLimiter.AspNetCore;

/// <summary>
/// The limits of one endpoint. A request passes when all of them admit it; whatever else ends its way through them (a refusal, an exception, a client that went away) gives back what
/// it was charged until then. Immutable; safe for use by many threads.
/// </summary>
/// <param name="stages">The limits, in the order of requiring.</param>
/// <param name="refusals">How requests are refused.</param>
/// <param name="headers">Writes the headers.</param>
/// <param name="time">The clock that turns of leaky buckets are waited by, and places are renewed by.</param>
internal sealed class EndpointLimits(IReadOnlyList<LimitStage> stages, LimitRefusals refusals, LimitHeaders headers, TimeProvider time)
{
    // Limits that cannot take back what they charged come last; the order of asking is otherwise the order of requiring.
    private readonly LimitStage[] _all = [.. stages.OrderBy(stage => stage.IsFinal)];
    private readonly LimitStage[] _early = [.. stages.OrderBy(stage => stage.IsFinal).Where(stage => stage.Point == LimitPoint.BeforeAuthentication)];
    private readonly LimitStage[] _late = [.. stages.OrderBy(stage => stage.IsFinal).Where(stage => stage.Point != LimitPoint.BeforeAuthentication)];

    /// <summary>All limits that a request is under.</summary>
    private readonly LimitHandle[] _handles = [.. stages.OrderBy(stage => stage.IsFinal).Select(stage => stage.Handle).Distinct()];

    /// <summary>Whether any is asked before authentication.</summary>
    public bool HasEarly => _early.Length > 0;

    /// <summary>Asks the limits of one point, and lets a request that they admit go on; holds and renews its places until it has ended.</summary>
    /// <param name="context">The request.</param>
    /// <param name="point">Which limits: at the endpoint, those too that were not asked before.</param>
    /// <param name="next">Where an admitted request goes.</param>
    public async Task EnterAsync(HttpContext context, LimitPoint point, RequestDelegate next)
    {
        var isEarly = point == LimitPoint.BeforeAuthentication;
        var limits = isEarly ? null : context.Features.Get<RequestLimits>();
        var wasAskedEarly = ReferenceEquals(limits?.Early, this);
        if (!wasAskedEarly)
            limits = Begin(context, isEarly);
        limits!.Early = isEarly ? this : null;

        PlaceRenewal? renewal = null;
        try
        {
            var charges = await AdmitAsync(context, limits, isEarly ? _early : wasAskedEarly ? _late : _all);
            if (charges is null)
                return;
            renewal = PlaceRenewal.StartFor([.. charges.Select(charge => charge.Place).OfType<HeldPlace>()], time);
            await WaitForTurnAsync(context, limits, charges);
            limits.TurnsHaveCome();
            await next(context);
        }
        finally
        {
            if (renewal is not null)
                await renewal.DisposeAsync();
            await limits.LeaveAsync();
        }
    }

    private RequestLimits Begin(HttpContext context, bool isEarly)
    {
        var limits = new RequestLimits();
        context.Features.Set(limits);

        // Not at once: whoever clears the response after a failure would clear the headers too.
        context.Response.OnStarting(() =>
        {
            headers.Write(context.Response.Headers, limits.Answers, _handles);
            return Task.CompletedTask;
        });
        return limits;
    }

    /// <summary>Asks some limits.</summary>
    /// <returns>What they charged; null where one refused and the refusal is written.</returns>
    private async ValueTask<List<LimitCharge>?> AdmitAsync(HttpContext context, RequestLimits limits, LimitStage[] stages)
    {
        var charges = new List<LimitCharge>(stages.Length);
        try
        {
            for (var i = 0; i < stages.Length; i++)
            {
                // Not under the request's own token: of a call that is given up nobody knows what it charged. Its deadline is short.
                var charge = await stages[i].AskAsync(context);
                if (!charge.Answer.IsAllowed)
                {
                    await limits.UndoAllAsync();
                    await RefuseAsync(context, limits, charge, stages.AsMemory(i + 1));
                    return null;
                }

                limits.Add(charge);
                charges.Add(charge);
                context.RequestAborted.ThrowIfCancellationRequested();
            }

            return charges;
        }
        catch
        {
            await limits.UndoAllAsync();
            throw;
        }
    }

    /// <summary>Refuses: of all limits that would refuse now the one with the longest wait is told, so that whoever waits is not refused by the next one then.</summary>
    private async ValueTask RefuseAsync(HttpContext context, RequestLimits limits, LimitCharge first, ReadOnlyMemory<LimitStage> rest)
    {
        var refusers = new List<LimitCharge> { first };
        if (first.Answer.Kind == LimitAnswerKind.Decided)
        {
            foreach (var look in rest.ToArray().Select(stage => stage.LookAsync(context).AsTask()).ToArray())
            {
                if (await look is { Answer: { Kind: LimitAnswerKind.Decided, IsAllowed: false } } other)
                    refusers.Add(other);
            }
        }

        var longest = refusers.MaxBy(refuser => refuser.Answer.RetryAfter.IsNever ? long.MaxValue : refuser.Answer.RetryAfter.Microseconds)!;
        limits.Add(longest);
        await refusals.WriteAsync(context, longest.Answer, longest.Cost, [.. refusers.Select(refuser => refuser.Answer)]);
    }

    /// <summary>A leaky bucket admits at once and says when to proceed: the request waits here until then.</summary>
    private async ValueTask WaitForTurnAsync(HttpContext context, RequestLimits limits, List<LimitCharge> charges)
    {
        var turn = Wait.None;
        foreach (var charge in charges)
        {
            if (charge.Answer is { Kind: LimitAnswerKind.Decided, Spec.Algorithm: Algorithm.LeakyBucket, Policy.IsShadow: false } answer)
                turn = Wait.Longer(turn, answer.Decision.Delay);
        }

        if (turn.Microseconds == 0)
            return;
        try
        {
            await Task.Delay(TimeSpan.FromMicroseconds(turn.Microseconds), time, context.RequestAborted);
        }
        catch (OperationCanceledException)
        {
            await limits.UndoAllAsync();
            throw;
        }
    }
}
