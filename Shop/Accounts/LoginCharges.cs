using OrleansLimiter.AspNetCore;
using OrleansLimiter.AspNetCore.Gate;
using OrleansLimiter.Shop.Settings;

namespace OrleansLimiter.Shop.Accounts;

/// <summary>What one login was charged. Used by one request.</summary>
/// <param name="limits">Remembers the charges.</param>
internal sealed class LoginCharges(RequestLimits limits)
{
    private static readonly string[] LimitsOfGuesses =
        [ShopPolicies.LoginAccountIp, ShopPolicies.LoginAccount, ShopPolicies.LoginAccountNew];

    /// <summary>The limit that refused, of several the one with the longest wait; null: all admitted.</summary>
    public LimitCharge? Refusal { get; private set; }

    /// <summary>The answers of all limits that refuse.</summary>
    public IReadOnlyList<LimitAnswer> Refusers { get; private set; } = [];

    /// <summary>Adds what a limit charged.</summary>
    public void Add(LimitCharge charge) => limits.Add(charge);

    /// <summary>Gives everything back: a limit has refused.</summary>
    /// <param name="asked">That limit first, and those that it is not known of whether they would have.</param>
    public async ValueTask RefuseAsync(IReadOnlyList<LimitCharge> asked)
    {
        await limits.UndoAllAsync();
        var refusers = asked.Where((charge, i) => i == 0 || charge.Answer is { Kind: LimitAnswerKind.Decided, IsAllowed: false }).ToList();
        Refusal = LimitStack.LongestOf(refusers);
        Refusers = [.. refusers.Select(charge => charge.Answer)];
        limits.Add(Refusal);
    }

    /// <summary>Gives back what counts guesses: it was none, or a right one. The work that it makes is the same.</summary>
    public async ValueTask ForgiveAsync()
    {
        foreach (var policy in LimitsOfGuesses)
            await limits.RefundAsync(policy);
    }

    /// <summary>Gives everything back.</summary>
    public Task UndoAsync() => limits.UndoAllAsync();
}
