using System.Runtime.ExceptionServices;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Ports;

namespace OrleansLimiter.Limiter;

/// <summary>
/// Gives every call a deadline, whether the engine honours its token or not, and turns what the engine throws into a fault: a client library's odd
/// exception must not become a failed request. Two things pass: the caller's own cancellation, and <see cref="NotSupportedException"/>, which is an
/// answer. A call that is given up runs on unwatched, and what it throws is observed. Safe for use by many threads.
/// </summary>
internal sealed class DeadlineEngine(ILimitEngine inner, TimeSpan deadline, TimeProvider time, ResilienceLog log) : ILimitEngine
{
    private readonly DeadlineTimers _timers = new(time);

    /// <inheritdoc />
    public string Source => inner.Source;

    /// <summary>How many timers wait to be used again.</summary>
    internal int IdleTimers => _timers.Idle;

    /// <inheritdoc />
    public ValueTask<EngineReply> ExecuteAsync(LimitRequest request, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<EngineReply>(cancellationToken);

        // The timer starts only if there is something to wait for.
        var timer = _timers.Rent();
        ValueTask<EngineReply> pending;
        try
        {
            pending = inner.ExecuteAsync(request, timer.Token);
        }
        catch (Exception thrown)
        {
            _timers.Return(timer);
            if (thrown is NotSupportedException)
                throw;
            return new(Fault(thrown));
        }

        if (!pending.IsCompletedSuccessfully)
            return Awaited(pending.AsTask(), timer, cancellationToken);
        _timers.Return(timer);
        return pending;
    }

    private async ValueTask<EngineReply> Awaited(Task<EngineReply> call, CancellationTokenSource timer, CancellationToken caller)
    {
        var link = caller.UnsafeRegister(static timer => ((CancellationTokenSource)timer!).Cancel(), timer);
        timer.CancelAfter(deadline);
        var waiting = call.WaitAsync(timer.Token);
        await ((Task)waiting).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        // Waits for a cancellation under way on another thread: after it the timer is either cancelled or free of this caller.
        link.Dispose();

        if (waiting.IsCanceled && timer.IsCancellationRequested)
        {
            // The timer stays with the call, which may still look at its token.
            Observe(call);
            caller.ThrowIfCancellationRequested();
            return EngineReply.Failed(EngineFault.DeadlineExceeded);
        }

        _timers.Return(timer);
        if (waiting.IsCompletedSuccessfully)
            return await waiting.ConfigureAwait(false);
        var thrown = waiting.Exception?.InnerException ?? new TaskCanceledException(call);
        if (thrown is NotSupportedException)
            ExceptionDispatchInfo.Throw(thrown);
        return Fault(thrown);
    }

    private static void Observe(Task call) => call.ContinueWith(
        static late => late.Exception,
        CancellationToken.None,
        TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
        TaskScheduler.Default);

    private EngineReply Fault(Exception thrown)
    {
        log.Thrown(inner.Source, thrown);
        return EngineReply.Failed(EngineFault.Unavailable);
    }
}
