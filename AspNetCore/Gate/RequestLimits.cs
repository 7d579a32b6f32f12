using Microsoft.AspNetCore.Http;
using OrleansLimiter.Limiter;

namespace OrleansLimiter.AspNetCore;

/// <summary>
/// What the limits of an endpoint answered to one request, for handlers that give permits back: a purchase that was only told to wait, a login
/// that went well. Found with <see cref="RequestLimitsExtensions.GetRequestLimits"/>. Used by one request.
/// </summary>
public sealed class RequestLimits
{
    private readonly List<LimitCharge> _charges = [];

    internal RequestLimits()
    {
    }

    /// <summary>The answers in the order of asking; after a refund, that refund's.</summary>
    public IReadOnlyList<LimitAnswer> Answers => [.. _charges.Select(charge => charge.Answer)];

    /// <summary>
    /// Gives back what the request was charged under a policy. Does nothing where it was not charged, was given back before, or where the
    /// algorithm takes nothing back (leakyBucket).
    /// </summary>
    /// <param name="policy">The policy's name.</param>
    /// <returns>When it is given back.</returns>
    public async ValueTask RefundAsync(string policy)
    {
        foreach (var charge in _charges)
        {
            if (charge.Answer.Policy.Name == policy)
                await charge.UndoAsync();
        }
    }

    /// <summary>Remembers an answer.</summary>
    internal void Add(LimitCharge charge) => _charges.Add(charge);

    /// <summary>Gives everything back.</summary>
    internal async ValueTask UndoAllAsync()
    {
        foreach (var charge in _charges)
            await charge.UndoAsync();
    }

    /// <summary>Frees the places that the request held.</summary>
    internal async ValueTask FreePlacesAsync()
    {
        foreach (var charge in _charges)
        {
            if (charge.HoldsPlace)
                await charge.UndoAsync();
        }
    }
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
