using Microsoft.AspNetCore.Http;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Limiter;

namespace OrleansLimiter.AspNetCore;

/// <summary>One limit of an endpoint, ready to be asked. Immutable.</summary>
internal sealed class LimitStage(LimitService service, LimitHandle handle, KeyRecipe recipe, Permits cost, LimitPoint point)
{
    /// <summary>When it is asked.</summary>
    public LimitPoint Point => point;

    /// <summary>Whether what was charged cannot be given back: such limits are asked last.</summary>
    public bool IsFinal => !handle.Spec.Supports(Operation.Refund) && !handle.Spec.Supports(Operation.Release);

    /// <summary>Under which policy it counts.</summary>
    public LimitHandle Handle => handle;

    /// <summary>Asks for a request's permits.</summary>
    public ValueTask<LimitCharge> AskAsync(HttpContext context) => ExecuteAsync(context, Operation.Acquire);

    /// <summary>Looks whether a request would get its permits. Charges nothing.</summary>
    public ValueTask<LimitCharge> LookAsync(HttpContext context) => ExecuteAsync(context, Operation.Peek);

    private async ValueTask<LimitCharge> ExecuteAsync(HttpContext context, Operation operation)
    {
        var key = SubjectKey.Of(handle.Scope, recipe.SubjectOf(context));

        // Named as one that is short-lived until it is renewed: if this process dies, nobody else can free it.
        var place = operation == Operation.Acquire ? PlaceNames.ProvisionalFor(handle) : LeaseId.None;
        var answer = await service.ExecuteAsync(handle, key, operation, cost, lease: place);
        return new LimitCharge(service, key, answer, cost.Count);
    }
}
