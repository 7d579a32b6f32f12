using OrleansLimiter.SaleBench.Http;
using OrleansLimiter.SaleBench.Play;

namespace OrleansLimiter.SaleBench.Tests;

/// <summary>Somebody in line whose journal a test writes.</summary>
internal sealed class Person(long? place)
{
    private readonly Journal _journal = new();

    public static implicit operator Journal(Person person) => person._journal;

    public Person Held(long sent, long received, int position)
    {
        _journal.Note(new Answer(sent, received, AnswerKind.Held, "held") { Position = position, Place = place });
        return this;
    }

    public Person Turn(long received, long? sent = null)
    {
        _journal.Note(new Answer(sent ?? received - 1, received, AnswerKind.Bought, "200"));
        return this;
    }
}
