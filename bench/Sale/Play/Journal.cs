using OrleansLimiter.SaleBench.Http;

namespace OrleansLimiter.SaleBench.Play;

/// <summary>What one person in line saw. Written by that person alone; read when the run is over.</summary>
internal sealed class Journal
{
    private readonly List<Telling> _tellings = [];

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

    /// <summary>The positions told before the turn, in their order.</summary>
    public IReadOnlyList<Telling> Tellings => _tellings;

    /// <summary>Notes an answer.</summary>
    public void Note(in Answer answer)
    {
        Came ??= answer.Sent;
        if (LetThrough is not null)
            return;
        Place ??= answer.Place;
        switch (answer.Kind)
        {
            case AnswerKind.Held:
                FirstHeld ??= answer.Received;
                LastHeld = answer.Sent;
                if (answer.Position is { } position)
                    _tellings.Add(new Telling(answer.Sent, answer.Received, position));
                break;
            case AnswerKind.Bought or AnswerKind.Turn or AnswerKind.TicketGone or AnswerKind.TicketLimit:
                LetThrough = answer.Received;
                break;
        }
    }
}
