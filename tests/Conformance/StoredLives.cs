using System.Globalization;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Conformance;

/// <summary>
/// Short lives of keys, one under each kind of spec. What an earlier build stored of them is kept as text beside the tests of each engine
/// that stores: the present build must read it, and answer a look at each as that build did.
/// </summary>
public static class StoredLives
{
    private const long Second = 1_000_000;
    private const long Start = 1_795_308_217 * Second + 123_457;

    /// <summary>The specs, one life each. All are durable: a minute or more.</summary>
    public static IReadOnlyList<LimitSpec> Specs { get; } =
    [
        Of(Algorithm.TokenBucket, 0, (10, 60, 20)),
        Of(Algorithm.TokenBucket, 3, (10, 60, null), (50, 3_600, null)),
        Of(Algorithm.TokenBucket, 0, (999_999_937, 60, null)),
        Of(Algorithm.Gcra, 0, (7, 60, 20)),
        Of(Algorithm.Gcra, 0, (10, 60, null), (50, 3_600, 60)),
        Of(Algorithm.LeakyBucket, 0, (7, 60, 20)),
        Of(Algorithm.FixedWindow, 0, (20, 60, null)),
        Of(Algorithm.FixedWindow, 1, (20, 60, null), (50, 3_600, null)),
        Of(Algorithm.SlidingWindowCounter, 0, (20, 60, null)),
        Of(Algorithm.SlidingWindowCounter, 0, (20, 60, null), (50, 3_600, null)),
        Of(Algorithm.SlidingWindowLog, 0, (20, 60, null)),
        Of(Algorithm.SlidingWindowLog, 2, (20, 60, null), (50, 3_600, null)),
        Of(Algorithm.Concurrency, 0, (20, 3_600, null)),
    ];

    /// <summary>The subject of a life.</summary>
    /// <param name="index">Which.</param>
    /// <returns>A subject of its own.</returns>
    public static string SubjectOf(int index) => string.Create(CultureInfo.InvariantCulture, $"life-{index}");

    /// <summary>Lives one life.</summary>
    /// <param name="play">The engine and its clock.</param>
    /// <param name="key">The key, which is new.</param>
    /// <param name="spec">The spec.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The place that the first step was given; none but under concurrency.</returns>
    public static async Task<LeaseId> LiveAsync(IConformancePlay play, SubjectKey key, LimitSpec spec, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(play);
        ArgumentNullException.ThrowIfNull(spec);
        await play.SetClockAsync(new Instant(Start), cancellationToken);
        var first = await AskAsync(play, key, spec, Operation.Acquire, 4, "order-1", default, cancellationToken);
        await AskAsync(play, key, spec, Operation.Acquire, 2, null, default, cancellationToken);
        await play.SetClockAsync(new Instant(Start + 7 * Second), cancellationToken);
        await AskAsync(play, key, spec, Operation.AcquireUpTo, 3, "order-2", default, cancellationToken);
        if (spec.Supports(Operation.Refund))
            await AskAsync(play, key, spec, Operation.Refund, 1, "order-1", default, cancellationToken);
        return first.Decision.Lease;
    }

    /// <summary>
    /// Looks at a key that lived, 11 s later: what is left, what a request that is repeated is answered, and what is left after one more.
    /// </summary>
    /// <param name="play">The engine and its clock.</param>
    /// <param name="key">The key.</param>
    /// <param name="spec">The spec.</param>
    /// <param name="lease">The place that <see cref="LiveAsync"/> was given.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The answers in one line.</returns>
    public static async Task<string> LookAsync(
        IConformancePlay play, SubjectKey key, LimitSpec spec, LeaseId lease, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(play);
        ArgumentNullException.ThrowIfNull(spec);
        await play.SetClockAsync(new Instant(Start + 18 * Second), cancellationToken);
        var operation = lease.IsNone ? Operation.Acquire : Operation.Release;
        EngineReply[] replies =
        [
            await AskAsync(play, key, spec, Operation.Peek, 0, null, default, cancellationToken),
            await AskAsync(play, key, spec, Operation.AcquireUpTo, 3, "order-2", default, cancellationToken),
            await AskAsync(play, key, spec, operation, 1, null, lease, cancellationToken),
            await AskAsync(play, key, spec, Operation.Peek, spec.Capacity, null, default, cancellationToken),
        ];
        return string.Join("; ", replies.Select((reply, i) => Answer.Of(reply, i + 1, []).ToString()));
    }

    private static ValueTask<EngineReply> AskAsync(
        IConformancePlay play, SubjectKey key, LimitSpec spec, Operation operation, long permits, string? id, LeaseId lease,
            CancellationToken cancellationToken) =>
        play.Engine.ExecuteAsync(
            new LimitRequest(key, spec, operation, Permits.Of(permits), id is null ? RequestId.None : RequestId.Of(id), lease),
                cancellationToken);

    private static LimitSpec Of(Algorithm algorithm, long revision, params (long Limit, int Seconds, long? Burst)[] bandwidths)
    {
        var list = bandwidths.Select(one => Bandwidth.Of(one.Limit, TimeSpan.FromSeconds(one.Seconds), one.Burst)).ToList();
        return LimitSpec.TryCreate(algorithm, list, revision, out var spec, out var error)
            ? spec
            : throw new InvalidOperationException(error.ToString());
    }
}
