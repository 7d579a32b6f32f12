using Microsoft.AspNetCore.Http;
using OrleansLimiter.AspNetCore.Fields;
using OrleansLimiter.Places;
using OrleansLimiter.Service;

namespace OrleansLimiter.AspNetCore.Gate;

/// <summary>
/// The limits of one endpoint, or of the whole application. A request passes when all of them admit it; whatever else ends its way through
/// them (a refusal, an exception, a client that went away) gives back what it was charged until then. Immutable; safe for use by many
/// threads.
/// </summary>
internal sealed class EndpointLimits
{
    private readonly LimitStage[] _all;
    private readonly LimitStage[] _early;
    private readonly LimitStage[] _late;
    private readonly LimitHandle[] _handles;
    private readonly LimitRefusals? _refusals;
    private readonly LimitHeaders _headers;
    private readonly TimeProvider _time;
    private readonly HubConnections? _connections;

    /// <summary>Creates them.</summary>
    /// <param name="stages">The limits, in the order of requiring.</param>
    /// <param name="refusals">How requests are refused; null: as those of the endpoint that they go to.</param>
    /// <param name="headers">Writes the headers.</param>
    /// <param name="time">The clock that turns of leaky buckets are waited by, and places are renewed by.</param>
    /// <param name="connections">Of an endpoint whose requests belong to connections: which limits are asked of which; null
    /// elsewhere.</param>
    public EndpointLimits(
        IEnumerable<LimitStage> stages,
        LimitRefusals? refusals,
        LimitHeaders headers,
        TimeProvider time,
        HubConnections? connections = null)
    {
        // Limits that cannot take back what they charged come last; the order of asking is otherwise the order of requiring.
        _all = [.. stages.OrderBy(stage => stage.IsFinal)];
        _early = [.. _all.Where(stage => stage.Point == LimitPoint.BeforeAuthentication)];
        _late = [.. _all.Where(stage => stage.Point != LimitPoint.BeforeAuthentication)];
        _handles = [.. _all.Select(stage => stage.Handle).Distinct()];
        _refusals = refusals;
        _headers = headers;
        _time = time;
        _connections = connections;
    }

    /// <summary>Whether any is asked before authentication.</summary>
    public bool HasEarly => _early.Length > 0;

    /// <summary>
    /// Asks the limits of one point, and lets a request that they admit go on; holds and renews its places until it has ended.
    /// </summary>
    /// <param name="context">The request.</param>
    /// <param name="point">Which limits: at the endpoint, those too that were not asked before.</param>
    /// <param name="next">Where an admitted request goes.</param>
    public Task EnterAsync(HttpContext context, LimitPoint point, RequestDelegate next)
    {
        if (_connections is null || HubConnections.Begins(context.Request))
            return PassAsync(context, point, next);
        return _connections.OfConnection(context.Request) is { } places ? places.PassAsync(context, point, next) : next(context);
    }

    private async Task PassAsync(HttpContext context, LimitPoint point, RequestDelegate next)
    {
        var limits = RequestLimits.Of(context, _headers);
        var stages = StagesFor(point, limits);
        var first = limits.Enter(_handles);
        PlaceRenewal? renewal = null;
        try
        {
            if (await LimitStack.AdmitAsync(context, limits, stages, context.RequestAborted) is { } refusers)
            {
                var longest = LimitStack.LongestOf(refusers);
                limits.Add(longest);
                await (_refusals ?? LimitRefusals.Of(context.GetEndpoint()))
                    .WriteAsync(context, longest.Answer, longest.Cost, [.. refusers.Select(refuser => refuser.Answer)]);
                return;
            }

            renewal = await LimitStack.HoldAsync(limits, first, _time, context.RequestAborted);
            await next(context);
        }
        finally
        {
            if (renewal is not null)
                await renewal.DisposeAsync();
            await limits.LeaveAsync(first);
        }
    }

    private LimitStage[] StagesFor(LimitPoint point, RequestLimits limits)
    {
        if (point == LimitPoint.BeforeAuthentication)
        {
            limits.Early = this;
            return _early;
        }

        if (!ReferenceEquals(limits.Early, this))
            return _all;
        limits.Early = null;
        return _late;
    }
}
