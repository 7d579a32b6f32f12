using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Http;
using OrleansLimiter.AspNetCore.Fields;
using OrleansLimiter.AspNetCore.Gate;
using OrleansLimiter.Service;

namespace OrleansLimiter.AspNetCore;

/// <summary>
/// What the limits of an endpoint answered to one request, for handlers that give permits back: a purchase that was only told to wait, a
/// login that went well. Found with <see cref="RequestLimitsExtensions.GetRequestLimits"/>. Used by one request.
/// </summary>
public sealed class RequestLimits
{
    private readonly List<LimitCharge> _charges = [];
    private readonly HttpContext? _context;
    private readonly LimitHeaders? _headers;
    private LimitHandle[] _handles = [];
    private int _open;

    internal RequestLimits()
    {
    }

    private RequestLimits(HttpContext context, LimitHeaders headers)
    {
        _context = context;
        _headers = headers;
    }

    /// <summary>The answers in the order of asking; after a refund, that refund's.</summary>
    public IReadOnlyList<LimitAnswer> Answers => [.. _charges.Select(charge => charge.Answer)];

    /// <summary>
    /// Whose limits were asked before authentication; null if none were, or if those at the endpoint have been asked since.
    /// </summary>
    internal EndpointLimits? Early { get; set; }

    /// <summary>
    /// Those of a request that is on its way through limits already; else new ones, whose answers become headers of its response.
    /// </summary>
    internal static RequestLimits Of(HttpContext context, LimitHeaders headers)
    {
        if (context.Features.Get<RequestLimits>() is { _open: > 0 } known)
            return known;
        var limits = Apart(context, headers, []);
        context.Features.Set(limits);
        return limits;
    }

    /// <summary>
    /// Of limits that a handler asks by itself, apart from those at its endpoint: their answers become headers of its response too.
    /// </summary>
    /// <param name="context">The request.</param>
    /// <param name="headers">Writes the headers.</param>
    /// <param name="handles">These limits, those too that an earlier one's refusal will leave unasked.</param>
    internal static RequestLimits Apart(HttpContext context, LimitHeaders headers, LimitHandle[] handles)
    {
        var limits = new RequestLimits(context, headers) { _handles = handles };

        // Not at once: whoever clears the response after a failure would clear the headers too.
        context.Response.OnStarting(
            static state =>
            {
                var limits = (RequestLimits)state;
                limits._headers!.Write(limits._context!.Response.Headers, limits.Answers, limits._handles);
                return Task.CompletedTask;
            },
            limits);
        return limits;
    }

    /// <summary>
    /// Gives back what the request was charged under a policy. Does nothing where it was not charged, was given back before, or where the
    /// algorithm takes nothing back (leakyBucket: the turn has come).
    /// </summary>
    /// <param name="policy">The policy's name; upper case does not matter.</param>
    /// <returns>When it is given back.</returns>
    public async ValueTask RefundAsync(string policy)
    {
        foreach (var charge in _charges)
        {
            if (charge.Answer.Policy.Name.Equals(policy, StringComparison.OrdinalIgnoreCase))
                await charge.UndoAsync();
        }
    }

    /// <summary>The request comes to some limits.</summary>
    /// <param name="handles">These limits, those too that an earlier one's refusal will leave unasked.</param>
    /// <returns>How many answers there were before, which is where theirs begin.</returns>
    internal int Enter(LimitHandle[] handles)
    {
        _open++;
        if (!ReferenceEquals(_handles, handles))
            _handles = _handles.Length == 0 ? handles : [.. _handles.Union(handles)];
        return _charges.Count;
    }

    /// <summary>
    /// The request has passed the limits whose answers begin there: frees their places, and withdraws turns that have not come.
    /// </summary>
    internal Task LeaveAsync(int first)
    {
        _open--;
        List<LimitCharge>? held = null;
        for (var i = first; i < _charges.Count; i++)
        {
            if (_charges[i].HoldsPlace || _charges[i].AwaitsTurn)
                (held ??= []).Add(_charges[i]);
        }

        return held is null ? Task.CompletedTask : UndoAsync(held);
    }

    /// <summary>Remembers an answer.</summary>
    internal void Add(LimitCharge charge) => _charges.Add(charge);

    /// <summary>The answers from one on.</summary>
    internal ReadOnlySpan<LimitCharge> From(int first) => CollectionsMarshal.AsSpan(_charges)[first..];

    /// <summary>Gives everything back: one that cannot be given back keeps no other.</summary>
    internal Task UndoAllAsync() => _charges.Count == 0 ? Task.CompletedTask : UndoAsync([.. _charges]);

    private static Task UndoAsync(List<LimitCharge> charges) => Task.WhenAll(charges.Select(charge => charge.UndoAsync().AsTask()));
}

/// <summary>Finds what the limits of an endpoint answered.</summary>
public static class RequestLimitsExtensions
{
    /// <summary>What the limits that the endpoint requires answered to this request.</summary>
    /// <param name="context">The request.</param>
    /// <returns>The answers; null where the endpoint requires no limit.</returns>
    public static RequestLimits? GetRequestLimits(this HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.Features.Get<RequestLimits>();
    }
}
