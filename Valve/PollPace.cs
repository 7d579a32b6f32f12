using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Valve;

/// <summary>
/// When to ask again, and how long a place lives without being asked after. A quarter of the wait for one's turn, so that a line of any
/// length asks some 4 x rate x (1 + ln(60)) times a second in front and once a minute a head behind; before the draw as often as keeps all
/// of them together under 2,000 a second.
/// </summary>
internal static class PollPace
{
    /// <summary>The shortest wait that is told to someone with a stored place: 1 s.</summary>
    public const int ShortestMs = 1_000;

    /// <summary>The longest wait that is told: 60 s, and at most half the time that an admission is good for.</summary>
    public const int LongestMs = 60_000;

    /// <summary>What someone is told whose place is being stored, which takes 200 ms at most: 250 ms.</summary>
    public const int JoiningMs = 250;

    private const long MicrosecondsPerMillisecond = 1_000;
    private const long PartOfTheWait = 4;
    private const int PollsPerMillisecond = 2;
    private const int ShortestLifeMs = 30_000;
    private const int LivesForPolls = 3;

    /// <summary>The longest wait that a sale's valve tells.</summary>
    /// <param name="spec">The sale's valve.</param>
    /// <returns>Milliseconds: at most half a turn, so that nobody learns of an admission when most of it is gone.</returns>
    public static int LongestFor(ValveSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        return (int)Math.Min(LongestMs, spec.TurnMicroseconds / MicrosecondsPerMillisecond / 2);
    }

    /// <summary>When to ask again while waiting for something.</summary>
    /// <param name="spec">The sale's valve.</param>
    /// <param name="microseconds">How long it may take.</param>
    /// <returns>Milliseconds.</returns>
    public static int While(ValveSpec spec, long microseconds) =>
        (int)Math.Clamp(microseconds / (PartOfTheWait * MicrosecondsPerMillisecond), ShortestMs, LongestFor(spec));

    /// <summary>When to ask again before the draw, or while nobody is admitted.</summary>
    /// <param name="spec">The sale's valve.</param>
    /// <param name="microseconds">How long it may take at least.</param>
    /// <param name="people">How many wait for it.</param>
    /// <returns>Milliseconds.</returns>
    public static int Together(ValveSpec spec, long microseconds, int people) =>
        Math.Min(Math.Max(While(spec, microseconds), people / PollsPerMillisecond), LongestFor(spec));

    /// <summary>How long a place lives after its owner was told to ask again.</summary>
    /// <param name="toldMs">What the owner was told.</param>
    /// <returns>max(30 s, 3 times that), in microseconds.</returns>
    public static long LifeMicroseconds(int toldMs) => Math.Max(ShortestLifeMs, (long)LivesForPolls * toldMs) * MicrosecondsPerMillisecond;

    /// <summary>Whether someone asks sooner than half the wait that was told.</summary>
    /// <param name="toldAt">When it was told.</param>
    /// <param name="toldMs">What was told.</param>
    /// <param name="now">When the person asks.</param>
    /// <returns>Whether that is early.</returns>
    public static bool IsEarly(Instant toldAt, int toldMs, Instant now) =>
        now.Microseconds - toldAt.Microseconds < toldMs * MicrosecondsPerMillisecond / 2;
}
