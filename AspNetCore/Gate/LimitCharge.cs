using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Places;
using OrleansLimiter.Service;

namespace OrleansLimiter.AspNetCore.Gate;

/// <summary>What one limit answered to a request, and how to undo it. Used by one request; it is undone at most once.</summary>
/// <param name="service">Who answered.</param>
/// <param name="key">Whose counter.</param>
/// <param name="answer">The answer.</param>
/// <param name="cost">What was asked for.</param>
internal sealed class LimitCharge(LimitService service, SubjectKey key, LimitAnswer answer, long cost)
{
    private readonly HeldPlace? _place = HeldPlace.Of(service, key, answer);
    private volatile bool _isUndone;
    private volatile bool _hasCome;

    /// <summary>The last answer: that to the request, or that to the undoing.</summary>
    public LimitAnswer Answer { get; private set; } = answer;

    public long Cost => cost;

    /// <summary>Whether this holds a place that has to be given back when the request ends.</summary>
    public bool HoldsPlace => !_isUndone && _place is not null;

    /// <summary>The place that this holds; null for none.</summary>
    internal HeldPlace? Place => HoldsPlace ? _place : null;

    /// <summary>Whether this holds a turn that has not come.</summary>
    public bool AwaitsTurn => !_isUndone && !_hasCome && Answer.Spec?.Algorithm == Algorithm.LeakyBucket && !Answer.Decision.Lease.IsNone;

    /// <summary>The turn has come, or is not waited for: it is spent, and not withdrawn any more.</summary>
    public void Come() => _hasCome = true;

    /// <summary>
    /// Gives back what was charged, a place included, and a turn that has not come; nothing where nothing was charged, or where the
    /// algorithm takes nothing back.
    /// </summary>
    /// <returns>When it is given back.</returns>
    public async ValueTask UndoAsync()
    {
        if (_isUndone || Answer.Decision.Charged == 0)
            return;
        var awaitsTurn = AwaitsTurn;
        _isUndone = true;
        var charged = Answer.Decision;

        // Not under the request's own token: who went away shall not keep the permits of others.
        if (_place is not null)
            Take(await _place.FreeAsync());
        else if (awaitsTurn)
            Take(await service.WithdrawAsync(Answer.Handle, key, charged.Lease));
        else if (Answer.Spec.Supports(Operation.Refund))
            Take(await service.ExecuteAsync(Answer.Handle, key, Operation.Refund, Permits.Of(charged.Charged)));
    }

    /// <summary>Whether this holds a place for a short time only, until it is renewed.</summary>
    public bool IsProvisional => Place?.Name.IsProvisional == true;

    /// <summary>
    /// Holds the place for its whole time to live from now on. A place that is not known any more is not asked for again.
    /// </summary>
    public ValueTask RenewAsync() => Place?.RenewAsync() ?? ValueTask.CompletedTask;

    private void Take(LimitAnswer? undone)
    {
        if (undone is { Kind: LimitAnswerKind.Decided } answered)
            Answer = answered;
    }
}
