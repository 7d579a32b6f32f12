using OrleansLimiter.Core.Limits;
using OrleansLimiter.Core.Quotas;

namespace OrleansLimiter.Core.Decisions;

/// <summary>
/// The last 32 requests with an id that a key answered and that changed it, each for 60 s: so that a repeated request gets the same answer
/// and charges nothing. Owned by one key.
/// </summary>
internal sealed class AnsweredRequests
{
    public const int MaxCount = 32;

    /// <summary>How long each is remembered, in microseconds.</summary>
    public const long MaxAge = 60_000_000;

    private const int FirstSize = 4; // the list's own
    private const int OwnBytes = KeyWeight.ObjectHeader + 2 * KeyWeight.Reference + KeyWeight.ObjectHeader + 2 * KeyWeight.Reference;
    private const int AnswerBytes = KeyWeight.ObjectHeader + 144;

    private readonly List<Answered> _answered = [];
    private int _answersBytes;

    /// <summary>What it takes of memory.</summary>
    public int Bytes => OwnBytes + KeyWeight.ArrayHeader + _answered.Capacity * KeyWeight.Reference + _answersBytes;

    /// <summary>What is remembered, oldest first.</summary>
    public IReadOnlyList<Answered> All => _answered;

    /// <summary>Until when the key must not be forgotten: the newest id is 60 s old then.</summary>
    public Instant KeptUntil => _answered.Count == 0 ? default : _answered[^1].At.After(Wait.OfMicroseconds(MaxAge));

    /// <summary>
    /// The last answer that was given under an id to an operation, or to its counterpart: of an acquire and a refund the later one holds,
    /// since a refund spends the id of what it gave back.
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
            if ((answered.Operation == operation || answered.Operation == counterpart) && answered.Id == id
                && now.Microseconds - answered.At.Microseconds < MaxAge)
                return answered;
        }

        return null;
    }

    /// <summary>What the first answer under an id takes.</summary>
    public static int FirstBytes(string id) => OwnBytes + KeyWeight.ArrayHeader + FirstSize * KeyWeight.Reference + BytesOf(id);

    /// <summary>
    /// How many bytes more it may take to remember an answer under an id: none where there is one already, which is told again.
    /// </summary>
    public int GrowthBy(string id, Operation operation, Instant now)
    {
        if (Last(id, operation, now)?.Operation == operation)
            return 0;
        if (_answered.Count == MaxCount || (_answered.Count > 0 && now.Microseconds - _answered[0].At.Microseconds >= MaxAge))
            return Math.Max(0, BytesOf(id) - BytesOf(_answered[0].Id));
        return BytesOf(id) + (_answered.Count < _answered.Capacity ? 0 : Math.Max(FirstSize, _answered.Capacity) * KeyWeight.Reference);
    }

    /// <summary>Remembers an answer; the oldest gives way.</summary>
    public void Remember(Answered answered)
    {
        // A clock that stepped back must not let a refund be forgotten before the charge that it gave back.
        if (_answered.Count > 0)
            answered = answered with { At = Instant.Max(answered.At, _answered[^1].At) };
        var gone = 0;
        while (gone < _answered.Count && (
            answered.At.Microseconds - _answered[gone].At.Microseconds >= MaxAge || _answered.Count - gone == MaxCount))
            _answersBytes -= BytesOf(_answered[gone++].Id);
        _answered.RemoveRange(0, gone);
        _answered.Add(answered);
        _answersBytes += BytesOf(answered.Id);
    }

    // Text is two bytes a character, behind a header and its length, in steps of eight.
    private static int BytesOf(string id) => AnswerBytes + (22 + 2 * id.Length + 7) / 8 * 8;

    /// <summary>One answer, and what it answered.</summary>
    internal sealed record Answered(string Id, Operation Operation, long Permits, LeaseId Lease, Decision Decision, Instant At);
}
