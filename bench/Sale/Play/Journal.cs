using OrleansLimiter.SaleBench.Http;

namespace OrleansLimiter.SaleBench.Play;

/// <summary>What one person in line saw. Written by that person alone; read when the run is over.</summary>
internal sealed class Journal
{
    private const long ShortestLife = 30_000_000;
    private const long Rounding = 1_000_000; // Retry-After is rounded up to whole seconds
    private const int LivesForWaits = 3;

    private readonly List<Telling> _tellings = [];
    private long _livesUntil = long.MaxValue;

    /// <summary>When the first request was sent.</summary>
    public long? Came { get; private set; }

    /// <summary>When the first answer had come that held the person in line; null: none did.</summary>
    public long? FirstHeld { get; private set; }

    /// <summary>When the last request was sent that was answered so, of those before the turn.</summary>
    public long? LastHeld { get; private set; }

    /// <summary>When the first answer had come that shows that it was the person's turn; null: it never was.</summary>
    public long? LetThrough { get; private set; }

    /// <summary>The number of the first place; null: it was not told.</summary>
    public long? Place { get; private set; }

    /// <summary>
    /// Whether the place may have ended because the person was not heard in time: an answer came later than a place lives after the
    /// question before. What is told from then on may be of a new place, at the end of the line, and proves nothing.
    /// </summary>
    public bool WasLate { get; private set; }

    /// <summary>How often the person was told that there is no place though it had been asked for in time.</summary>
    public int LostInTime { get; private set; }

    /// <summary>The positions told before the turn, in their order, while the place was certainly the first one.</summary>
    public IReadOnlyList<Telling> Tellings => _tellings;

    /// <summary>Notes an answer.</summary>
    public void Note(in Answer answer)
    {
        Came ??= answer.Sent;
        if (LetThrough is not null)
            return;
        WasLate |= answer.Received > _livesUntil;
        if (answer.Kind is AnswerKind.Bought or AnswerKind.Turn or AnswerKind.TicketGone or AnswerKind.TicketLimit)
            LetThrough = answer.Received;
        if (WasLate)
            return;
        Place ??= answer.Place;
        if (answer.Kind == AnswerKind.NoPlace)
            LostInTime++;
        if (answer.Kind != AnswerKind.Held)
            return;
        FirstHeld ??= answer.Received;
        LastHeld = answer.Sent;
        _livesUntil = answer.Sent + Math.Max(ShortestLife, LivesForWaits * ((long)(answer.RetryAfter?.TotalMicroseconds ?? 0) - Rounding));
        if (answer.Position is { } position)
            _tellings.Add(new Telling(answer.Sent, answer.Received, position));
    }
}
