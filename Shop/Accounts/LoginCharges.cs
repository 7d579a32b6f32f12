using OrleansLimiter.AspNetCore.Gate;

namespace OrleansLimiter.Shop.Accounts;

/// <summary>What one login was charged. Used by one request.</summary>
internal sealed class LoginCharges
{
    private readonly List<LimitCharge> _charges = [];
    private LimitCharge? _work;

    /// <summary>The limit that refused, of several the one with the longest wait; null: all admitted.</summary>
    public LimitCharge? Refusal { get; private set; }

    /// <summary>The answers of all limits that refuse.</summary>
    public IReadOnlyList<LimitAnswer> Refusers { get; private set; } = [];

    /// <summary>The last answer of each limit.</summary>
    public IReadOnlyList<LimitAnswer> Answers => [.. _charges.Select(charge => charge.Answer)];

    /// <summary>Adds what a limit of guesses charged.</summary>
    public void AddGuess(LimitCharge charge) => _charges.Add(charge);

    /// <summary>Adds what the limit of the address's work charged.</summary>
    public void AddWork(LimitCharge charge)
    {
        _work = charge;
        _charges.Add(charge);
    }

    /// <summary>Gives everything back: a limit has refused.</summary>
    /// <param name="asked">That limit first, and those that it is not known of whether they would have.</param>
    public async ValueTask RefuseAsync(IReadOnlyList<LimitCharge> asked)
    {
        await UndoAsync();
        var refusers = asked.Where((charge, i) => i == 0 || charge.Answer is { Kind: LimitAnswerKind.Decided, IsAllowed: false }).ToList();
        Refusal = refusers.MaxBy(charge => charge.Answer.RetryAfter.IsNever ? long.MaxValue : charge.Answer.RetryAfter.Microseconds)!;
        Refusers = [.. refusers.Select(charge => charge.Answer)];
        _charges.Add(Refusal);
    }

    /// <summary>Gives back what counts guesses: it was none, or a right one. The work that it makes is the same.</summary>
    public async ValueTask ForgiveAsync()
    {
        foreach (var charge in _charges)
        {
            if (!ReferenceEquals(charge, _work))
                await charge.UndoAsync();
        }
    }

    public async ValueTask UndoAsync()
    {
        foreach (var charge in _charges)
            await charge.UndoAsync();
    }
}
