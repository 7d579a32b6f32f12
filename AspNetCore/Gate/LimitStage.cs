using Microsoft.AspNetCore.Http;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Limiter;

namespace OrleansLimiter.AspNetCore;

/// <summary>One limit of an endpoint, ready to be asked. Immutable.</summary>
internal sealed class LimitStage(LimitService service, LimitHandle handle, KeyRecipe recipe, Permits cost)
{
    /// <summary>Whether what was charged cannot be given back: such limits are asked last.</summary>
    public bool IsFinal => !handle.Spec.Supports(Operation.Refund) && !handle.Spec.Supports(Operation.Release);

    /// <summary>Under which policy it counts.</summary>
    public LimitHandle Handle => handle;

    /// <summary>Asks for a request's permits.</summary>
    public async ValueTask<LimitCharge> AskAsync(HttpContext context)
    {
        var key = SubjectKey.Of(handle.Scope, recipe.SubjectOf(context));
        var answer = await service.ExecuteAsync(handle, key, Operation.Acquire, cost, cancellationToken: context.RequestAborted);
        return new LimitCharge(service, key, answer, cost.Count);
    }
}
