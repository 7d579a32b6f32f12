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

    /// <summary>Whose limits were asked before authentication; null if none were, or if those at the endpoint have been asked since.</summary>
    internal EndpointLimits? Early { get; set; }

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

    /// <summary>Remembers an answer.</summary>
    internal void Add(LimitCharge charge) => _charges.Add(charge);

    /// <summary>Gives everything back: one that cannot be given back keeps no other.</summary>
    internal Task UndoAllAsync() => UndoAsync([.. _charges]);

    /// <summary>The request waits no longer: the turns of leaky buckets have come.</summary>
    internal void TurnsHaveCome() => _charges.ForEach(charge => charge.Come());

    /// <summary>Frees the places that the request held, and withdraws turns that have not come.</summary>
    internal Task LeaveAsync() => UndoAsync([.. _charges.Where(charge => charge.HoldsPlace || charge.AwaitsTurn)]);

    private static Task UndoAsync(LimitCharge[] charges) => charges.Length == 0 ? Task.CompletedTask : Task.WhenAll(charges.Select(charge => charge.UndoAsync().AsTask()));
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
