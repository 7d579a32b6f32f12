using Microsoft.AspNetCore.Http;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Places;

namespace OrleansLimiter.AspNetCore.Gate;

/// <summary>Several limits, asked one after the other: all admit, or none is charged.</summary>
internal static class LimitStack
{
    /// <summary>Asks limits for what somebody asks of them all.</summary>
    /// <param name="context">The request, or the connection's.</param>
    /// <param name="limits">Remembers the answers, in their order.</param>
    /// <param name="stages">The limits.</param>
    /// <param name="aborted">Who asks has gone away.</param>
    /// <returns>Null where all admit. Else those that would refuse now, the first one first: then all is given back that was charged
    /// before.</returns>
    public static async ValueTask<List<LimitCharge>?> AdmitAsync(
        HttpContext context, RequestLimits limits, LimitStage[] stages, CancellationToken aborted)
    {
        try
        {
            for (var i = 0; i < stages.Length; i++)
            {
                // Not under the request's own token: of a call that is given up nobody knows what it charged. Its deadline is short.
                var charge = await stages[i].AskAsync(context);
                if (!charge.Answer.IsAllowed)
                {
                    await limits.UndoAllAsync();
                    return await RefusersAsync(context, charge, stages.AsMemory(i + 1));
                }

                limits.Add(charge);
                aborted.ThrowIfCancellationRequested();
            }

            return null;
        }
        catch
        {
            await limits.UndoAllAsync();
            throw;
        }
    }

    /// <summary>Of limits that refuse the one with the longest wait: whoever waits for it is not refused by the next one then.</summary>
    public static LimitCharge LongestOf(List<LimitCharge> refusers) =>
        refusers.MaxBy(refuser => refuser.Answer.RetryAfter.IsNever ? long.MaxValue : refuser.Answer.RetryAfter.Microseconds)!;

    /// <summary>
    /// Holds what was admitted: renews places from now on, and waits for the turn of a leaky bucket, which admits at once and says when to
    /// proceed. Whoever goes away while waiting gives everything back.
    /// </summary>
    /// <param name="limits">The answers.</param>
    /// <param name="first">Where those begin that are to be held.</param>
    /// <param name="time">The clock.</param>
    /// <param name="aborted">Who waits has gone away.</param>
    /// <returns>What renews the places, until it is disposed of; null where there are none.</returns>
    public static async ValueTask<PlaceRenewal?> HoldAsync(RequestLimits limits, int first, TimeProvider time, CancellationToken aborted)
    {
        var renewal = PlaceRenewal.StartFor(PlacesOf(limits.From(first)), time);
        try
        {
            if (TurnOf(limits.From(first)) is { Microseconds: > 0 } turn)
                await Task.Delay(TimeSpan.FromMicroseconds(turn.Microseconds), time, aborted);
        }
        catch (OperationCanceledException)
        {
            if (renewal is not null)
                await renewal.DisposeAsync();
            await limits.UndoAllAsync();
            throw;
        }

        foreach (var charge in limits.From(first))
            charge.Come();
        return renewal;
    }

    private static HeldPlace[] PlacesOf(ReadOnlySpan<LimitCharge> charges)
    {
        List<HeldPlace>? places = null;
        foreach (var charge in charges)
        {
            if (charge.Place is { } place)
                (places ??= []).Add(place);
        }

        return places is null ? [] : [.. places];
    }

    private static Wait TurnOf(ReadOnlySpan<LimitCharge> charges)
    {
        var turn = Wait.None;
        foreach (var charge in charges)
        {
            if (charge.Answer is { Kind: LimitAnswerKind.Decided, Spec.Algorithm: Algorithm.LeakyBucket, Policy.IsShadow: false } answer)
                turn = Wait.Longer(turn, answer.Decision.Delay);
        }

        return turn;
    }

    private static async ValueTask<List<LimitCharge>> RefusersAsync(HttpContext context, LimitCharge first, ReadOnlyMemory<LimitStage> rest)
    {
        var refusers = new List<LimitCharge> { first };
        if (first.Answer.Kind != LimitAnswerKind.Decided)
            return refusers;
        foreach (var look in rest.ToArray().Select(stage => stage.LookAsync(context).AsTask()).ToArray())
        {
            if (await look is { Answer: { Kind: LimitAnswerKind.Decided, IsAllowed: false } } other)
                refusers.Add(other);
        }

        return refusers;
    }
}
