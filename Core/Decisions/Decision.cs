using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Core.Decisions;

/// <summary>
/// What an engine decided about one request: a value, never an exception. A failure to decide is an
/// <see cref="EngineFault"/>, another type.
/// </summary>
public readonly record struct Decision
{
    // Kept small, since it is copied on every request: no number of permits in an answer is above 10^9.
    private readonly byte _tightest;
    private readonly int _remaining;
    private readonly int _limit;
    private readonly int _charged;

    /// <summary>How it came out.</summary>
    public Outcome Outcome { get; init; }

    /// <summary>
    /// Which of the spec's bandwidths <see cref="Limit"/> and <see cref="Remaining"/> speak of: the one with the smallest remaining,
    /// 0-based.
    /// </summary>
    public int Tightest
    {
        get => _tightest;
        init => _tightest = (byte)value;
    }

    /// <summary>
    /// The most permits that an acquire would be admitted for after this operation; with several bandwidths the smallest.
    /// </summary>
    public long Remaining
    {
        get => _remaining;
        init => _remaining = (int)value;
    }

    /// <summary>The capacity of the bandwidth with the smallest remaining.</summary>
    public long Limit
    {
        get => _limit;
        init => _limit = (int)value;
    }

    /// <summary>
    /// How many permits this operation charged; 0 for a refusal and for every other operation than an acquire and a lease.
    /// </summary>
    public long Charged
    {
        get => _charged;
        init => _charged = (int)value;
    }

    /// <summary>
    /// None if admitted; else the least wait after which the same request is admitted if nothing else happens to the
    /// key; <see cref="Wait.Never"/> for <see cref="Outcome.CostAboveCapacity"/>.
    /// </summary>
    public Wait RetryAfter { get; init; }

    /// <summary>The wait until the key is as good as fresh if nothing else happens; with several bandwidths the longest.</summary>
    public Wait ResetAfter { get; init; }

    /// <summary>
    /// The wait until <see cref="Remaining"/> of the tightest bandwidth grows by one; <see cref="Wait.Never"/> when it is whole.
    /// </summary>
    public Wait NextAfter { get; init; }

    /// <summary>leakyBucket: how long an admitted caller waits for its turn; none for every other algorithm.</summary>
    public Wait Delay { get; init; }

    /// <summary>
    /// concurrency: the place that was given out; leakyBucket: the request's name for its turn, where it has to wait for that; none for
    /// every other algorithm. Permits that were lent: the name of their lease.
    /// </summary>
    public LeaseId Lease { get; init; }

    /// <summary>Whether the request may go on.</summary>
    public bool IsAdmitted => Outcome == Outcome.Admitted;

    /// <summary>The same decision as told some time later: its instants stay, so its waits are shorter.</summary>
    /// <param name="passed">How much later.</param>
    /// <returns>The decision to tell.</returns>
    internal Decision ToldAfter(Wait passed) => this with
    {
        RetryAfter = RetryAfter.After(passed),
        ResetAfter = ResetAfter.After(passed),
        NextAfter = NextAfter.After(passed),
        Delay = Delay.After(passed),
    };
}
