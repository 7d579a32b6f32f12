using Microsoft.AspNetCore.Http;
using OrleansLimiter.Limiter;

namespace OrleansLimiter.AspNetCore;

/// <summary>
/// Stands before an endpoint: asks its limits in order, and lets the request pass only if all of them do. It wraps the endpoint's
/// request delegate, so it runs after authentication and before any part of the body is read, and cannot be forgotten or put in the wrong place.
/// Immutable; one per endpoint.
/// </summary>
internal sealed class LimitGate(IReadOnlyList<LimitStage> stages, IReadOnlyList<LimitRefusalListener> listeners, RequestDelegate next, LimitHeaders headers)
{
    // Limits that cannot take back what they charged come last; the order of asking is otherwise the order of requiring.
    private readonly LimitStage[] _stages = [.. stages.OrderBy(stage => stage.IsFinal)];
    private readonly LimitHandle[] _handles = [.. stages.OrderBy(stage => stage.IsFinal).Select(stage => stage.Handle).Distinct()];

    /// <summary>Answers one request, by the endpoint or by a refusal.</summary>
    public async Task InvokeAsync(HttpContext context)
    {
        var limits = new RequestLimits();
        context.Features.Set(limits);

        // Not at once: whoever clears the response after a failure would clear the headers too.
        context.Response.OnStarting(() =>
        {
            headers.Write(context.Response.Headers, limits.Answers, _handles);
            return Task.CompletedTask;
        });

        try
        {
            foreach (var stage in _stages)
            {
                var charge = await stage.AskAsync(context);
                if (!charge.Answer.IsAllowed)
                {
                    await limits.UndoAllAsync();
                    limits.Add(charge);
                    foreach (var listener in listeners)
                        await listener.HearAsync(context, charge.Answer);
                    await LimitRefusal.WriteAsync(context, charge.Answer, charge.Cost);
                    return;
                }

                limits.Add(charge);
            }

            await next(context);
        }
        finally
        {
            await limits.FreePlacesAsync();
        }
    }
}
