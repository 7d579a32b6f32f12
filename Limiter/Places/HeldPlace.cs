using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Service;

namespace OrleansLimiter.Places;

/// <summary>
/// A place of a concurrency limit that this process holds: renewed while it is held, freed at most once. Safe for use by many threads.
/// </summary>
internal sealed class HeldPlace
{
    private readonly LimitService _service;
    private readonly LimitHandle _handle;
    private readonly SubjectKey _key;
    private int _isFreed;
    private volatile bool _isLost;

    private HeldPlace(LimitService service, SubjectKey key, in LimitAnswer answer)
    {
        _service = service;
        _handle = answer.Handle;
        _key = key;
        Name = answer.Decision.Lease;
        Life = answer.Spec.Bandwidths[0].Window;
    }

    public LeaseId Name { get; }

    /// <summary>How long it is held after each renewal.</summary>
    public TimeSpan Life { get; }

    /// <summary>The place that an answer gave out; null for none.</summary>
    public static HeldPlace? Of(LimitService service, SubjectKey key, in LimitAnswer answer) =>
        answer.Spec?.Algorithm == Algorithm.Concurrency && !answer.Decision.Lease.IsNone ? new HeldPlace(service, key, answer) : null;

    /// <summary>Holds it for its whole time to live from now on. A place that is not known any more is not asked for again.</summary>
    public async ValueTask RenewAsync()
    {
        if (_isLost || Volatile.Read(ref _isFreed) != 0)
            return;
        var renewed = await _service.ExecuteAsync(_handle, _key, Operation.Renew, Permits.Zero, lease: Name).ConfigureAwait(false);
        _isLost = renewed.Kind == LimitAnswerKind.Invalid
            || (renewed.Kind == LimitAnswerKind.Decided && renewed.Decision.Outcome == Outcome.UnknownLease);
    }

    /// <summary>Frees it, the first time.</summary>
    /// <returns>The answer; null where it was freed before.</returns>
    public async ValueTask<LimitAnswer?> FreeAsync() => Interlocked.Exchange(ref _isFreed, 1) == 0
        ? await _service.ExecuteAsync(_handle, _key, Operation.Release, Permits.Zero, lease: Name).ConfigureAwait(false)
        : null;
}
