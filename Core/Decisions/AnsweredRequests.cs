using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Core.Decisions;

/// <summary>
/// The last 32 requests with an id that a key answered and that changed it, each for 60 s: so that a repeated request gets the same answer
/// and charges nothing. Owned by one key.
/// </summary>
internal sealed class AnsweredRequests
{
    /// <summary>How many are remembered.</summary>
    public const int MaxCount = 32;

    /// <summary>How long each is remembered, in microseconds.</summary>
    public const long MaxAge = 60_000_000;

    private readonly List<Answered> _answered = [];

    /// <summary>What is remembered, oldest first.</summary>
    public IReadOnlyList<Answered> All => _answered;

    /// <summary>Until when the key must not be forgotten: the newest id is 60 s old then.</summary>
    public Instant KeptUntil => _answered.Count == 0 ? default : _answered[^1].At.After(Wait.OfMicroseconds(MaxAge));

    /// <summary>
    /// The last answer that was given under an id to an operation, or to its counterpart: of an acquire and a refund the later one holds, since a refund
    /// spends the id of what it gave back.
    /// </summary>
    /// <returns>The answer, of the operation or of its counterpart; null if none is remembered.</returns>
    public Answered? Last(string id, Operation operation, Instant now)
    {
        var counterpart = operation switch
        {
            Operation.Acquire => Operation.Refund,
            Operation.Refund => Operation.Acquire,
            _ => operation,
        };
        for (var i = _answered.Count - 1; i >= 0; i--)
        {
            var answered = _answered[i];
            if ((answered.Operation == operation || answered.Operation == counterpart) && answered.Id == id && now.Microseconds - answered.At.Microseconds < MaxAge)
                return answered;
        }

        return null;
    }

    /// <summary>Remembers an answer; the oldest gives way.</summary>
    public void Remember(Answered answered)
    {
        // A clock that stepped back must not let a refund be forgotten before the charge that it gave back.
        if (_answered.Count > 0)
            answered = answered with { At = Instant.Max(answered.At, _answered[^1].At) };
        _answered.RemoveAll(old => answered.At.Microseconds - old.At.Microseconds >= MaxAge);
        if (_answered.Count == MaxCount)
            _answered.RemoveAt(0);
        _answered.Add(answered);
    }

    /// <summary>One answer, and what it answered.</summary>
    internal sealed record Answered(string Id, Operation Operation, long Permits, LeaseId Lease, Decision Decision, Instant At);
}
