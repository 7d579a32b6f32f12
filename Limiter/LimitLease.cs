using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Places;

namespace OrleansLimiter;

/// <summary>
/// What <see cref="ILimiter.AcquireAsync"/> answered, to be disposed of when the work is done: that frees a place of a <c>concurrency</c>
/// policy, once. Permits of every other algorithm stay spent. Safe for use by many threads.
/// </summary>
/// <remarks>
/// A place is renewed for as long as its lease is held, so the work may take longer than the policy's window. A lease that is lost
/// without being disposed of is renewed no more once it is collected, and its place ends with its window; so does that of a process that
/// dies, within 10 s if it was not renewed yet.
/// </remarks>
public sealed class LimitLease : IAsyncDisposable, IDisposable
{
    private readonly HeldPlace? _place;
    private readonly PlaceRenewal? _renewal;

    /// <summary>Creates a lease that holds no place, as for the test of code that asks an <see cref="ILimiter"/>.</summary>
    /// <param name="result">What was answered.</param>
    public LimitLease(LimitResult result) => Result = result;

    internal LimitLease(LimitResult result, HeldPlace? place, TimeProvider time)
        : this(result)
    {
        _place = place;
        if (place is not null)
            _renewal = PlaceRenewal.StartFor([place], time, new WeakReference(this));
    }

    /// <summary>What was answered.</summary>
    public LimitResult Result { get; }

    /// <inheritdoc cref="LimitResult.IsAdmitted"/>
    public bool IsAdmitted => Result.IsAdmitted;

    /// <inheritdoc cref="LimitResult.Reason"/>
    public LimitReason Reason => Result.Reason;

    /// <inheritdoc cref="LimitResult.Fault"/>
    public EngineFaultKind Fault => Result.Fault;

    /// <inheritdoc cref="LimitResult.Remaining"/>
    public long Remaining => Result.Remaining;

    /// <inheritdoc cref="LimitResult.Limit"/>
    public long Limit => Result.Limit;

    /// <inheritdoc cref="LimitResult.RetryAfter"/>
    public TimeSpan? RetryAfter => Result.RetryAfter;

    /// <inheritdoc cref="LimitResult.ResetAfter"/>
    public TimeSpan ResetAfter => Result.ResetAfter;

    /// <inheritdoc cref="LimitResult.Delay"/>
    public TimeSpan Delay => Result.Delay;

    /// <inheritdoc cref="LimitResult.Source"/>
    public string Source => Result.Source;

    /// <inheritdoc cref="LimitResult.Policy"/>
    public string Policy => Result.Policy;

    /// <summary>The name of the place that is held, for <see cref="ILimiter.ReleaseAsync"/> by somebody else; null for none.</summary>
    public string? PlaceId => _place?.Name.ToString();

    /// <summary>
    /// Frees the place, if there is one that was not freed. What the engine does not answer is tried again in the background.
    /// </summary>
    /// <returns>When it is freed.</returns>
    public async ValueTask DisposeAsync()
    {
        _renewal?.Stop();
        if (_place is not null)
            await _place.FreeAsync().ConfigureAwait(false);
    }

    /// <summary>Has the place freed, if there is one that was not freed, and does not wait for a remote engine's answer.</summary>
    public void Dispose()
    {
        _renewal?.Stop();
        if (_place is not null)
            Forget(_place.FreeAsync());
    }

    private static void Forget(ValueTask<LimitAnswer?> freeing)
    {
        // A failure is looked at, so that it does not show up as one that nobody handled: the place ends with its window.
        if (!freeing.IsCompletedSuccessfully)
        {
            _ = freeing.AsTask().ContinueWith(
                static freed => freed.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        }
    }
}
