using OrleansLimiter.Core.Limits;
using OrleansLimiter.Valve;

namespace OrleansLimiter.Engines.Memory.Valve;

/// <summary>
/// One sale's valve under one lock. Nothing outlives the process, so nothing waits to be stored: every record is acknowledged in the call
/// that made it. Safe for many threads.
/// </summary>
internal sealed class MemorySale
{
    private readonly Lock _gate = new();
    private readonly ValveClock _clock;
    private readonly ValveMachine _valve;
    private long _offset;

    public MemorySale(ValveSpec spec, DrawSeed seed, ValveClock clock)
    {
        _clock = clock;
        var reading = clock.Read();
        _offset = reading.OffsetMicroseconds;
        _valve = ValveMachine.Start(spec, seed, reading.Now);
        Settle(reading.Now);
    }

    public ValveAnswer Join(UserId user)
    {
        lock (_gate)
        {
            var now = Caught();
            var answer = _valve.Join(user, now);
            Settle(now);
            return answer.State == QueueState.Joining ? _valve.Tell(user, now) : answer;
        }
    }

    public ValveAnswer Poll(UserId user)
    {
        lock (_gate)
            return _valve.Poll(user, Caught());
    }

    public void Keep(UserId user, Wait told)
    {
        lock (_gate)
        {
            var now = Caught();
            _valve.Heard(user, now, told, now);
        }
    }

    public PlaceEnded Leave(UserId user) => End(user, static (valve, user, now) => valve.LeaveLine(user, now));

    public PlaceEnded Complete(in Admission admission) =>
        End(admission, static (valve, admission, now) => valve.Complete(admission.Id, admission.User, now));

    public PlaceEnded Abandon(in Admission admission) =>
        End(admission, static (valve, admission, now) => valve.Abandon(admission.Id, admission.User, now));

    public ValveStatus Command(ValveCommand command)
    {
        lock (_gate)
        {
            var now = Caught();
            _valve.Command(command, now);
            Settle(now);
            return _valve.Status(now);
        }
    }

    public ValveStatus Status()
    {
        lock (_gate)
            return _valve.Status(Caught());
    }

    public DrawProof Draw()
    {
        lock (_gate)
            return _valve.Proof(Caught());
    }

    /// <summary>Lives through the time up to now, if nobody else does.</summary>
    public void Tick()
    {
        lock (_gate)
            Caught();
    }

    private PlaceEnded End<T>(T whose, Func<ValveMachine, T, Instant, PlaceEnded> end)
    {
        lock (_gate)
        {
            var now = Caught();
            var ended = end(_valve, whose, now);
            Settle(now);
            return ended;
        }
    }

    // What the passing of time brought about is settled before anybody is answered, so that the answer tells of it.
    private Instant Caught()
    {
        var (now, offset) = _clock.Read();
        if (offset != _offset)
            _valve.ClockSet(offset - _offset);
        _offset = offset;
        _valve.Advance(now);
        Settle(now);
        return now;
    }

    // To acknowledge may make the next one's turn, which is a record again.
    private void Settle(Instant now)
    {
        while (_valve.HasUnstored)
            _valve.Stored(_valve.LastRecord, now);
    }
}
