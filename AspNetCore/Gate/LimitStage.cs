using Microsoft.AspNetCore.Http;
using OrleansLimiter.AspNetCore.Recipes;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Places;
using OrleansLimiter.Service;

namespace OrleansLimiter.AspNetCore.Gate;

/// <summary>One limit of an endpoint, ready to be asked. Immutable.</summary>
internal sealed class LimitStage(
    LimitService service, LimitHandle handle, KeyRecipe recipe, Permits cost, LimitPoint point, bool onlyLooks = false)
{
    public LimitPoint Point => point;

    /// <summary>
    /// Whether it may be that what was charged cannot be given back, as a turn that has come: such limits are asked last.
    /// </summary>
    public bool IsFinal => handle.Spec.Algorithm == Algorithm.LeakyBucket;

    /// <summary>Whether what it admits holds a place until it has ended.</summary>
    public bool HoldsPlaces => handle.Spec.Algorithm == Algorithm.Concurrency;

    public KeyRecipe Recipe => recipe;

    /// <summary>Under which policy it counts.</summary>
    public LimitHandle Handle => handle;

    /// <summary>The same, but refusing alone: it charges nothing, and holds no place.</summary>
    public LimitStage OnlyLooking() => new(service, handle, recipe, cost, point, onlyLooks: true);

    /// <summary>Asks for a request's permits.</summary>
    public ValueTask<LimitCharge> AskAsync(HttpContext context) => ExecuteAsync(context, onlyLooks ? Operation.Peek : Operation.Acquire);

    /// <summary>Looks whether a request would get its permits. Charges nothing.</summary>
    public ValueTask<LimitCharge> LookAsync(HttpContext context) => ExecuteAsync(context, Operation.Peek);

    private async ValueTask<LimitCharge> ExecuteAsync(HttpContext context, Operation operation)
    {
        var key = SubjectKey.Of(handle.Scope, recipe.SubjectOf(context));

        // A place is named as one that is short-lived until it is renewed: if this process dies, nobody else can free it.
        var name = operation == Operation.Acquire ? PlaceNames.ForWhoeverWaits(handle) : LeaseId.None;
        var answer = await service.ExecuteAsync(handle, key, operation, cost, lease: name);
        return new LimitCharge(service, key, answer, cost.Count);
    }
}
