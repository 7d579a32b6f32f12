using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Resilience;

/// <summary>
/// One circuit breaker. While it is closed calls go past it and their replies are recorded, without a lock and without memory; when too
/// many of them failed it is open for a pause, in which calls are turned away; then one call is let through, whose reply closes it or
/// opens it again. What this process answered itself, such as that too many calls are in flight, says nothing of the engine: it is not
/// recorded, and a probe that meets it does not close the circuit. Safe for use by many threads.
/// </summary>
internal sealed class Circuit
{
    private readonly Lock _gate = new();
    private readonly FaultRate _rate;
    private readonly int _faultPercent;
    private readonly int _minimumCalls;
    private readonly TimeSpan _pause;
    private readonly TimeProvider _time;
    private readonly Func<double> _random;
    private readonly Action<CircuitState> _changed;
    private volatile CircuitState _state;
    private long _openUntil;

    /// <param name="faultPercent">The share of faults from which on it opens.</param>
    /// <param name="settings">Of how many calls at least, over how long, and for how long.</param>
    /// <param name="time">The clock.</param>
    /// <param name="random">A number from 0 to 1, for the pauses.</param>
    /// <param name="changed">Told of each change, one after the other, under the circuit's lock: it must not block.</param>
    public Circuit(int faultPercent, ResilienceSettings settings, TimeProvider time, Func<double> random, Action<CircuitState> changed)
    {
        (_faultPercent, _minimumCalls, _pause) = (faultPercent, settings.MinimumCalls, settings.Pause);
        (_time, _random, _changed) = (time, random, changed);
        _rate = new FaultRate(settings.Window, time.TimestampFrequency);
    }

    /// <summary>Whether calls may go past it.</summary>
    public bool IsClosed => _state == CircuitState.Closed;

    /// <summary>Closes it: the engine was seen to answer.</summary>
    public void Close()
    {
        lock (_gate)
        {
            if (_state != CircuitState.Closed)
                Closed();
        }
    }

    /// <summary>
    /// Records the reply of a call that went past it. One that comes when it is closed no longer says nothing: its call was made before.
    /// </summary>
    /// <param name="reply">The reply.</param>
    /// <param name="now">When it came, of the monotonic timer.</param>
    public void Record(in EngineReply reply, long now)
    {
        if (reply.Source == ReplySource.Local || !IsClosed)
            return;
        var isFault = reply.Fault.IsSilence;
        _rate.Add(now, isFault);
        if (isFault)
            OpenIfTooManyFailed(now);
    }

    /// <summary>
    /// Turns a call away, or makes it the one that sees whether the engine is back. The probe's caller cannot end it: its result is
    /// everybody's.
    /// </summary>
    public async ValueTask<EngineReply> ProbeAsync(Func<LimitRequest, ValueTask<EngineReply>> call, LimitRequest request)
    {
        if (!TryBeginProbe(out var isProbe, out var retryAfter))
            return EngineReply.Failed(new EngineFault(EngineFaultKind.Unavailable, retryAfter)).From(ReplySource.Local);
        var isBack = false;
        try
        {
            var reply = await call(request).ConfigureAwait(false);
            isBack = !reply.Fault.IsSilence && reply.Source != ReplySource.Local;
            if (!isProbe)
                Record(reply, _time.GetTimestamp());
            return reply;
        }
        catch (NotSupportedException)
        {
            isBack = true; // it is an answer
            throw;
        }
        finally
        {
            if (isProbe)
                EndProbe(isBack);
        }
    }

    private void OpenIfTooManyFailed(long now)
    {
        lock (_gate)
        {
            var (calls, faults) = _rate.Read(now);
            if (_state == CircuitState.Closed && calls >= _minimumCalls && 100 * faults >= _faultPercent * calls)
                Open(now);
        }
    }

    /// <returns>Whether the call may be made: as the probe, or because the circuit has been closed meanwhile.</returns>
    private bool TryBeginProbe(out bool isProbe, out Wait retryAfter)
    {
        (isProbe, retryAfter) = (false, Wait.None);
        lock (_gate)
        {
            if (_state == CircuitState.Closed)
                return true;
            var now = _time.GetTimestamp();
            if (_state == CircuitState.Open && now >= _openUntil)
            {
                isProbe = true;

                // Whoever comes while the probe is under way is told to come when it would be tried again.
                _openUntil = now + TicksOf(_pause);
                Become(CircuitState.HalfOpen);
                return true;
            }

            var left = (double)Math.Max(0, _openUntil - now) / _time.TimestampFrequency;
            retryAfter = Wait.OfMicroseconds((long)Math.Ceiling(left * 1_000_000));
            return false;
        }
    }

    private void EndProbe(bool isBack)
    {
        lock (_gate)
        {
            // Somebody may have closed it meanwhile, who knows better.
            if (_state != CircuitState.HalfOpen)
                return;
            if (isBack)
                Closed();
            else
                Open(_time.GetTimestamp());
        }
    }

    private void Open(long now)
    {
        _openUntil = now + TicksOf(_pause + _pause * (_random() / 2));
        Become(CircuitState.Open);
    }

    private void Closed()
    {
        _rate.Clear();
        Become(CircuitState.Closed);
    }

    private void Become(CircuitState state)
    {
        _state = state;
        _changed(state);
    }

    private long TicksOf(TimeSpan span) => (long)Math.Ceiling(span.TotalSeconds * _time.TimestampFrequency);
}
