namespace OrleansLimiter.Resilience;

/// <summary>A circuit breaker, and when the calls that it is over were last answered. Safe for use by many threads.</summary>
/// <param name="circuit">The breaker.</param>
/// <param name="frequency">How many ticks the timestamps have in a second.</param>
internal sealed class PartitionBreaker(Circuit circuit, long frequency)
{
    // All processors read it for every reply: written as often, it would go to and fro between them.
    private readonly long _leastStep = frequency / 1_000;
    private long _answeredAt = long.MinValue;

    public Circuit Circuit { get; } = circuit;

    /// <summary>
    /// When the last answer came, of the monotonic timer, or up to a millisecond before that; <see cref="long.MinValue"/>: none yet.
    /// </summary>
    public long AnsweredAt => Volatile.Read(ref _answeredAt);

    public void NoteAnswer(long now)
    {
        var noted = AnsweredAt;
        if (noted == long.MinValue || now - noted >= _leastStep)
            Volatile.Write(ref _answeredAt, now);
    }
}
