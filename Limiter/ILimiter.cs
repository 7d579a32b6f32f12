namespace OrleansLimiter;

/// <summary>
/// One decision in code, where no endpoint is: a queue's consumer, a job, a hub, a call that goes out. Subjects count under the
/// application's own limits, as those of endpoints do. Safe for use by many threads; answers are values, and exceptions are for
/// mistakes in the program alone.
/// </summary>
public interface ILimiter
{
    /// <summary>Asks for permits.</summary>
    /// <param name="policy">The policy's name; upper case does not matter.</param>
    /// <param name="subject">Who is counted: 1 to 256 bytes of UTF-8 without control characters; compared byte by byte.</param>
    /// <param name="cost">How many permits, at least 1. Above the policy's capacity it is never admitted.</param>
    /// <param name="requestId">
    /// The caller's name for the request, 1 to 64 visible ASCII characters: asked again under it within 60 s, the answer is told again and
    /// nothing is charged. Null (default): none.
    /// </param>
    /// <param name="cancellationToken">Cancelled: whether the request was charged is not known.</param>
    /// <returns>The answer, which holds the place that a <c>concurrency</c> policy gave out: dispose of it when the work is done.</returns>
    /// <exception cref="ArgumentException">There is no such policy, or the subject or the request id breaks its rule.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="cost"/> is less than 1.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    ValueTask<LimitLease> AcquireAsync(
        string policy, string subject, long cost = 1, string? requestId = null, CancellationToken cancellationToken = default);

    /// <summary>Looks whether permits would be admitted, and charges nothing.</summary>
    /// <param name="policy">The policy's name; upper case does not matter.</param>
    /// <param name="subject">Who is counted, as for <see cref="AcquireAsync"/>.</param>
    /// <param name="cost">How many permits, at least 1.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The answer as it would be, but for <see cref="LimitResult.Remaining"/> and the waits, which are those of now.</returns>
    /// <exception cref="ArgumentException">There is no such policy, or the subject breaks its rule.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="cost"/> is less than 1.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    ValueTask<LimitResult> PeekAsync(string policy, string subject, long cost = 1, CancellationToken cancellationToken = default);

    /// <summary>Gives permits back, as for work that came to nothing. Nobody ends with more than a new subject has.</summary>
    /// <param name="policy">The policy's name; upper case does not matter. Not of <c>leakyBucket</c> or <c>concurrency</c>.</param>
    /// <param name="subject">Who is counted, as for <see cref="AcquireAsync"/>.</param>
    /// <param name="cost">How many permits, at least 1.</param>
    /// <param name="requestId">The name of the request whose permits these are: they are given back once. Null (default): none.</param>
    /// <param name="cancellationToken">Cancelled: whether they were given back is not known.</param>
    /// <returns>Whether it was done (<see cref="LimitResult.IsAdmitted"/>), and what remains.</returns>
    /// <exception cref="ArgumentException">
    /// There is no such policy, it takes nothing back, or the subject or the request id breaks its rule.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="cost"/> is less than 1.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    ValueTask<LimitResult> RefundAsync(
        string policy, string subject, long cost = 1, string? requestId = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Frees a place by its name, where it is not its <see cref="LimitLease"/> that is disposed of: in another process than the one that
    /// took it. What the engine does not answer is tried again in the background.
    /// </summary>
    /// <param name="policy">The policy's name; upper case does not matter. Of <c>concurrency</c>.</param>
    /// <param name="subject">Who is counted, as for <see cref="AcquireAsync"/>.</param>
    /// <param name="placeId">The place: <see cref="LimitLease.PlaceId"/>.</param>
    /// <param name="cancellationToken">Cancelled: whether it was freed is not known.</param>
    /// <returns>
    /// Whether it was done (<see cref="LimitResult.IsAdmitted"/>); <see cref="LimitReason.UnknownPlace"/> where it had ended.
    /// </returns>
    /// <exception cref="ArgumentException">
    /// There is no such policy, it gives out no places, or the subject or the place's name breaks its rule.
    /// </exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    ValueTask<LimitResult> ReleaseAsync(string policy, string subject, string placeId, CancellationToken cancellationToken = default);
}
