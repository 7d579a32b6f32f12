using OrleansLimiter.AspNetCore;
using OrleansLimiter.Limiter;

namespace OrleansLimiter.Api.Auth;

/// <summary>What one login was charged. Used by one request.</summary>
internal sealed class LoginCharges
{
    private readonly List<LimitCharge> _charges = [];

    /// <summary>The limit that refused; null: all admitted.</summary>
    public LimitCharge? Refusal { get; private set; }

    /// <summary>The last answer of each limit.</summary>
    public IReadOnlyList<LimitAnswer> Answers => [.. _charges.Select(charge => charge.Answer)];

    /// <summary>Adds a limit's answer; a refusal gives back what the others took.</summary>
    public async ValueTask AddAsync(LimitCharge charge)
    {
        if (!charge.Answer.IsAllowed)
        {
            await UndoAsync();
            Refusal = charge;
        }

        _charges.Add(charge);
    }

    /// <summary>Gives everything back.</summary>
    public async ValueTask UndoAsync()
    {
        foreach (var charge in _charges)
            await charge.UndoAsync();
    }
}
