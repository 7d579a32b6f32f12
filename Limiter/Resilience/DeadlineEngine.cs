using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Ports;

namespace OrleansLimiter.Resilience;

/// <summary>
/// Gives every call a deadline, whether the engine honours its token or not, and turns what the engine throws into a fault: a client
/// library's odd exception must not become a failed request. Two things pass: the caller's own cancellation, and
/// <see cref="NotSupportedException"/>, which is an answer. A call that is given up runs on unwatched, and what it throws is observed. Safe
/// for use by many threads.
/// </summary>
internal sealed class DeadlineEngine(ILimitEngine inner, TimeSpan deadline, TimeProvider time, ResilienceLog log) : ILimitEngine
{
    private readonly DeadlineTimers _timers = new(time);

    public string Source => inner.Source;

    /// <summary>How many timers wait to be used again.</summary>
    internal int IdleTimers => _timers.Idle;

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
            return new DeadlineCall(this, pending, timer, cancellationToken).RunAsync(deadline);
        _timers.Return(timer);
        return pending;
    }

    /// <summary>Takes back the timer of a call that has ended.</summary>
    internal void Return(CancellationTokenSource timer) => _timers.Return(timer);

    /// <summary>What an engine that threw is taken to have answered.</summary>
    internal EngineReply Fault(Exception thrown)
    {
        log.Thrown(inner.Source, thrown);
        return EngineReply.Failed(EngineFault.Unavailable);
    }
}
