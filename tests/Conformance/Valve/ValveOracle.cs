using OrleansLimiter.Core.Limits;
using OrleansLimiter.Valve;
using OrleansLimiter.Valve.Records;

namespace OrleansLimiter.Conformance.Valve;

/// <summary>What the Core's machine answers. It stores what an engine of these features stores, when it does.</summary>
internal sealed class ValveOracle
{
    private readonly bool _storesAtOnce;
    private readonly ValveSpec _spec;
    private readonly List<ValveRecord> _stored = [];
    private readonly List<ValveRecord> _batch = [];
    private ValveMachine _machine;

    public ValveOracle(ValveSpec spec, DrawSeed seed, ValveFeatures features, Instant now)
    {
        _storesAtOnce = !features.HasFlag(ValveFeatures.StoresWhenTold);
        _spec = spec;
        _machine = ValveMachine.Start(spec, seed, now);

        // A valve is set up once it is stored: there is nothing to come back to before.
        Store(now);
    }

    /// <summary>Joins or polls.</summary>
    public ValveAnswer Ask(ValveStepKind kind, UserId user, Instant now)
    {
        Settled(now);
        if (kind == ValveStepKind.Poll)
            return _machine.Poll(user, now);
        var answer = _machine.Join(user, now);
        Settled(now);
        return _storesAtOnce && answer.State == QueueState.Joining ? _machine.Tell(user, now) : answer;
    }

    /// <summary>Keeps a place alive.</summary>
    public void Keep(UserId user, Wait told, Instant now)
    {
        Settled(now);
        _machine.Heard(user, now, told, now);
        Settled(now);
    }

    /// <summary>Gives a place up.</summary>
    public PlaceEnded Leave(UserId user, Instant now)
    {
        Settled(now);
        var ended = _machine.LeaveLine(user, now);
        Settled(now);
        return ended;
    }

    /// <summary>Ends an admission.</summary>
    public PlaceEnded End(ValveStepKind kind, in Admission admission, Instant now)
    {
        Settled(now);
        var ended = kind == ValveStepKind.Complete
            ? _machine.Complete(admission.Id, admission.User, now)
            : _machine.Abandon(admission.Id, admission.User, now);
        Settled(now);
        return ended;
    }

    /// <summary>Does what the operator says.</summary>
    public ValveStatus Command(ValveCommand command, Instant now)
    {
        Settled(now);
        _machine.Command(command, now);
        return Status(now);
    }

    /// <summary>How the valve stands.</summary>
    public ValveStatus Status(Instant now)
    {
        Settled(now);
        return _machine.Status(now) with { Unstored = 0 };
    }

    /// <summary>What is published of the draw.</summary>
    public DrawProof Draw(Instant now)
    {
        Settled(now);
        return _machine.Proof(now);
    }

    /// <summary>Stores everything, as often as that makes something new to store.</summary>
    public void Store(Instant now)
    {
        _machine.Advance(now);
        while (_machine.HasUnstored)
        {
            _batch.Clear();
            _machine.TakeRecords(_batch);
            _stored.AddRange(_batch);
            _machine.Stored(_machine.LastRecord, now);
        }
    }

    /// <summary>Loses what is not stored, and comes back.</summary>
    public void Crash(Instant now) => _machine = ValveMachine.TryRestore(_spec, [], _stored, now, out var restored)
        ? restored
        : throw new InvalidOperationException("What the valve stored cannot be restored from.");

    private void Settled(Instant now)
    {
        _machine.Advance(now);
        if (_storesAtOnce)
            Store(now);
    }
}
