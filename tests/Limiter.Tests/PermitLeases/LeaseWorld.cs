using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Leases;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Leases;
using OrleansLimiter.TestKit;

namespace OrleansLimiter.Limiter.Tests.PermitLeases;

/// <summary>
/// One schedule: a key, its owner, two or three front ends that hold permits in advance, and a network that loses, doubles, delays and
/// cuts; all of it drawn from one seed, in virtual time. What decides is the production's own code on both sides.
/// </summary>
internal sealed class LeaseWorld
{
    private const long Start = 1_795_308_217_000_000;
    private const long Deadline = 150_000;
    private const long SweepEvery = 50_000;

    private readonly Dice _dice;
    private readonly LeaseFaultCounts _counts;
    private readonly LeaseTampering _tampering;
    private readonly PriorityQueue<Step, (long, int)> _steps = new();
    private readonly SimulatedHolder[] _holders;
    private readonly LeaseAudit _audit;
    private readonly HashSet<LeaseId> _given = [];
    private readonly Dictionary<LeaseId, long> _unheard = [];
    private readonly HashSet<LeaseId> _concluded = [];
    private readonly Dictionary<LeaseId, (int Holder, Instant StopsAt)> _asked = [];
    private readonly List<HeldLease> _heldRoom = [];
    private readonly List<LeaseReturn> _returns = [];
    private readonly List<(Instant At, LeaseFault Fault)> _faults = [];
    private readonly long _faultsOneIn;
    private SimulatedOwner _owner;
    private SimulatedOwner? _second;
    private SimulatedOwner _stored;
    private Instant _now = new(Start);
    private int _order;
    private ulong _names;
    private int _changes;

    private LeaseWorld(long seed, LeaseFaultCounts counts, LeaseTampering tampering)
    {
        _dice = new Dice(seed);
        _counts = counts;
        _tampering = tampering;
        var spec = DrawSpec(0);
        _owner = new SimulatedOwner(spec, _now);
        _stored = _owner.Copy();
        _audit = new LeaseAudit(spec, _now);
        _faultsOneIn = _dice.OneOf(20, 60, 300);
        _holders = [.. Enumerable.Range(0, (int)_dice.From(2, 3))
            .Select(_ => new SimulatedHolder(spec, tampering.Rate ?? DrawRate(), () => new LeaseId(++_names)))];
    }

    /// <summary>Plays the schedule of a seed.</summary>
    /// <exception cref="LeaseViolationException">More was spent, or could be, than a key has.</exception>
    public static void Play(long seed, LeaseFaultCounts counts, LeaseTampering tampering = default)
    {
        var world = new LeaseWorld(seed, counts, tampering);
        try
        {
            world.Play();
        }
        catch (LeaseViolationException violation)
        {
            var faults = world._faults.Select(fault => $"{fault.Fault} at {fault.At.Microseconds - Start}");
            throw new LeaseViolationException(
                $"Seed {seed}, {world._owner.Spec}: {violation.Message} The schedule began at {Start}. {string.Join(", ", faults)}");
        }
    }

    private void Play()
    {
        var end = Start + _dice.From(200_000, 1_600_000);
        for (var holder = 0; holder < _holders.Length; holder++)
        {
            _holders[holder].Gap = _dice.OneOf(4_000, 10_000, 30_000);
            At(_dice.From(0, 10_000), new Step(StepKind.Ask, holder));
            At(_dice.From(0, SweepEvery), new Step(StepKind.Sweep, holder));
        }

        At(_dice.From(0, 200_000), new Step(StepKind.Fault, 0));
        while (_steps.TryDequeue(out var step, out var priority) && priority.Item1 < end)
        {
            _now = new Instant(priority.Item1);
            Do(step);
            var held = Held(out _);
            _audit.Check(Level(), held, _now);
        }

        foreach (var holder in _holders)
        {
            _counts.Returned += holder.Counts.AllReturned;
            _counts.Stranded += holder.Counts.AllStranded;
        }
    }

    private void Do(in Step step)
    {
        switch (step.Kind)
        {
            case StepKind.Ask or StepKind.Sweep or StepKind.Heard or StepKind.GivenUp when _now < _holders[step.Holder].PausedUntil:
                At(_holders[step.Holder].PausedUntil.Microseconds - _now.Microseconds + (step.Kind == StepKind.Ask ? 0 : 20_000), step);
                break;
            case StepKind.Ask:
                Ask(step.Holder);
                break;
            case StepKind.Sweep:
                Sweep(step.Holder);
                break;
            case StepKind.Called:
                Called(step);
                break;
            case StepKind.Heard:
                Heard(step);
                break;
            case StepKind.Returned:
                OwnerOf(step.Lease).Execute(step.Spec!, Operation.Return, step.Permits, step.Lease, _now);
                break;
            case StepKind.GivenUp:
                var leases = _holders[step.Holder].Leases;
                if (leases.Failed(step.Lease, mayBeGiven: true, Local(step.Holder)) is { } given)
                    Send(step.Holder, given, step.Spec!);
                Conclude(step.Lease);
                break;
            case StepKind.Merge:
                Merge();
                break;
            default:
                Fault();
                At(_dice.From(1_000, _faultsOneIn * 10_000), step);
                break;
        }
    }

    private void Ask(int index)
    {
        var holder = _holders[index];
        var permits = _dice.OnceIn(8) ? _dice.From(1, 12) : 1;
        var isSpent = holder.Leases.TrySpend(holder.Spec.Version, permits, Local(index), out var step, out _);
        if (isSpent)
        {
            _counts.SpentFromLeases += permits;
            _audit.Spend(permits, step.SpentFrom, _now);
        }
        else if (_now >= holder.CutUntil)
        {
            AskOwner(holder, permits);
        }

        Send(index, step);

        // Now and then nobody asks for a while.
        At(_dice.OnceIn(60) ? _dice.From(0, 600_000) : _dice.From(0, holder.Gap), new Step(StepKind.Ask, index));
    }

    private void AskOwner(SimulatedHolder holder, long permits)
    {
        var owner = AnyOwner();
        var reply = owner.Execute(holder.Spec, Operation.Acquire, permits, default, _now);
        holder.Spec = reply.NewerSpec ?? holder.Spec;
        if (!reply.Decision.IsAdmitted)
            return;
        _counts.SpentAtOwners += permits;
        _audit.Spend(permits, LeaseId.None, _now);
        if (!_dice.OnceIn(40) || _second is not null)
            return;
        Note(LeaseFault.Refunded);
        owner.Execute(holder.Spec, Operation.Refund, permits, default, _now);
        _audit.Refund(permits, _now);
    }

    private void Sweep(int index)
    {
        var holder = _holders[index];
        _returns.Clear();
        holder.Leases.Sweep(Local(index), _returns);
        foreach (var one in _returns)
            Send(index, one, holder.Spec);
        At(SweepEvery, new Step(StepKind.Sweep, index));
    }

    private void Send(int index, in LeaseStep step)
    {
        var spec = _holders[index].Spec;
        if (step.First is { } first)
            Send(index, first, spec);
        if (step.Second is { } second)
            Send(index, second, spec);
        if (step.Call is not { } call)
            return;
        _asked[call.Id] = (index, Local(index).After(PermitLease.HoldersLife));
        Post(index, new Step(StepKind.Called, index) { Lease = call.Id, Permits = call.Permits, Spec = spec });
        At(Deadline, new Step(StepKind.GivenUp, index) { Lease = call.Id, Permits = call.Permits, Spec = spec });
    }

    private void Send(int index, LeaseReturn one, LimitSpec spec) =>
        Post(index, new Step(StepKind.Returned, index) { Lease = one.Id, Permits = one.Permits, Spec = spec });

    private void Called(in Step step)
    {
        var owner = AnyOwner();
        if (_tampering.ForgetsLedger)
            owner = _owner = new SimulatedOwner(_owner.Spec, _now);
        var reply = owner.Execute(step.Spec!, Operation.Lease, step.Permits, step.Lease, _now);
        var given = reply.Decision.IsAdmitted ? reply.Decision.Charged : 0;
        if (given > 0)
        {
            _given.Add(step.Lease);
            _audit.Give(step.Lease);
            if (!_concluded.Contains(step.Lease))
                _unheard[step.Lease] = Math.Max(given, _unheard.GetValueOrDefault(step.Lease));
        }

        Post(step.Holder, step with { Kind = StepKind.Heard, Reply = reply });
    }

    private void Heard(in Step step)
    {
        var leases = _holders[step.Holder].Leases;
        var version = (step.Reply.NewerSpec ?? step.Spec!).Version;
        if (leases.Heard(step.Lease, step.Reply.Decision, version, Local(step.Holder)) is { } late)
            Send(step.Holder, late, step.Spec!);
        Conclude(step.Lease);
        if (_tampering.ReturnsWhatIsHeld)
            OwnerOf(step.Lease).Execute(step.Spec!, Operation.Return, step.Permits, step.Lease, _now);
    }

    /// <summary>Whoever asked for a lease will not take an answer any more.</summary>
    private void Conclude(LeaseId lease)
    {
        _concluded.Add(lease);
        _unheard.Remove(lease);
    }

    /// <summary>Sends a message: it may be lost, come twice, or late.</summary>
    private void Post(int index, Step step)
    {
        if (_now < _holders[index].CutUntil)
        {
            Note(LeaseFault.Cut);
            return;
        }

        if (_dice.OnceIn((int)_faultsOneIn))
        {
            Note(LeaseFault.Lost);
            return;
        }

        At(Latency(), step);
        if (!_dice.OnceIn((int)_faultsOneIn))
            return;
        Note(LeaseFault.Doubled);
        At(Latency(), step);
    }

    private long Latency()
    {
        if (!_dice.OnceIn((int)_faultsOneIn))
            return _dice.From(100, 5_000);
        Note(LeaseFault.Delayed);
        return _dice.From(5_000, 1_300_000);
    }

    private void Fault()
    {
        switch (_dice.From(0, 9))
        {
            case 0:
                Note(LeaseFault.FrontEndCrashed);
                _counts.Stranded += _holders[(int)_dice.From(0, _holders.Length - 1)].Restart();
                break;
            case 1:
                _stored = _owner.Copy();
                break;
            case 2 when _second is null:
                Crash();
                break;
            case 3 when _second is null:
                Note(LeaseFault.HandedOver);
                _owner = _owner.Copy();
                break;
            case 4 when _second is null:
                Double();
                break;
            case 5 when _second is null && _changes == 0:
                Change();
                break;
            case 6 when _second is null:
                Reset();
                break;
            case 7:
                Pause();
                break;
            case 8:
                _holders[(int)_dice.From(0, _holders.Length - 1)].CutUntil = _now.After(Wait.OfMicroseconds(_dice.From(0, 700_000)));
                break;
            default:
                _stored = _owner.Copy();
                break;
        }
    }

    /// <summary>A front end's process stands still for a while. Requests come before it looks at what it holds.</summary>
    private void Pause()
    {
        Note(LeaseFault.Paused);
        var holder = _holders[(int)_dice.From(0, _holders.Length - 1)];
        var pause = _dice.OneOf(_dice.From(0, 1_300_000), _dice.From(850_000, 1_050_000));
        holder.PausedUntil = _now.After(Wait.OfMicroseconds(pause));
    }

    private void Crash()
    {
        // What was stored before a policy changed, or a reset, would be older than what the schedule is held against.
        var restored = _stored.Copy();
        if (restored.Spec.Version != _owner.Spec.Version)
            return;
        Note(LeaseFault.OwnerCrashed);
        _owner = restored;
        _audit.Crash(_owner, _given, HeldByLease(), _now);
    }

    private void Double()
    {
        Note(LeaseFault.TwoOwners);
        var second = _stored.Spec.Version == _owner.Spec.Version ? _stored.Copy() : _owner.Copy();
        var length = _dice.From(1_000, 100_000);
        _audit.TwoOwners(second, _owner.LevelAt(_now), Held(out _), Wait.OfMicroseconds(length), _now);
        _second = second;
        At(length, new Step(StepKind.Merge, 0));
    }

    private void Merge()
    {
        Note(LeaseFault.Merged);
        _owner.Merge(_second!, _now);
        _second = null;
        Held(out var unknown);
        _audit.Merge(_owner, _given, unknown, _now);
    }

    private void Change()
    {
        Note(LeaseFault.PolicyChanged);
        _changes++;
        var spec = DrawSpec(1, _owner.Spec);
        _owner.Execute(spec, Operation.Peek, 0, default, _now);
        _holders[0].Spec = spec;
        _audit.Change(_owner, _given, HeldByLease(), _now);
    }

    private void Reset()
    {
        Note(LeaseFault.Reset);
        Held(out var unknown);
        var known = _owner.Ledger;
        _owner.Execute(_owner.Spec, Operation.Reset, 0, default, _now);
        _audit.Reset(_owner.Spec, _given, known, unknown, _now);
        _stored = _owner.Copy();
    }

    /// <summary>What may still be spent of leases.</summary>
    /// <param name="unknown">What of it the owner does not know of.</param>
    private long Held(out long unknown)
    {
        (var held, unknown) = (0L, 0L);
        foreach (var (lease, permits) in HeldByLease())
        {
            held += permits;
            unknown += Math.Max(0, permits - KnownOf(lease));
        }

        return held;
    }

    private Dictionary<LeaseId, long> HeldByLease()
    {
        var held = new Dictionary<LeaseId, long>();
        foreach (var (lease, permits) in _unheard)
        {
            var (holder, stopsAt) = _asked[lease];
            if (Local(holder) < stopsAt)
                held[lease] = permits;
        }

        for (var i = 0; i < _holders.Length; i++)
        {
            _heldRoom.Clear();
            _holders[i].Leases.CopyTo(_heldRoom);
            foreach (var lease in _heldRoom)
            {
                if (Local(i) < lease.StopsAt)
                    held[lease.Id] = held.GetValueOrDefault(lease.Id) + lease.Left;
            }
        }

        return held;
    }

    private long KnownOf(LeaseId lease) => _owner.Ledger.TryFind(lease, out var known) ? known.Permits : 0;

    private long Level() => _owner.LevelAt(_now) + (_second?.LevelAt(_now) ?? 0);

    private SimulatedOwner AnyOwner() => _second is not null && _dice.OnceIn(2) ? _second : _owner;

    private SimulatedOwner OwnerOf(LeaseId lease) => _second is not null && _second.Ledger.TryFind(lease, out _) ? _second : _owner;

    private Instant Local(int holder) => _holders[holder].Local(_now);

    private void Note(LeaseFault fault)
    {
        _faults.Add((_now, fault));
        if (!_owner.Ledger.IsEmpty)
            _counts.Note(fault);
    }

    private void At(long after, Step step) => _steps.Enqueue(step, (_now.Microseconds + after, ++_order));

    // From 9.4 % slower to 10 % faster than the owner's clock.
    private long DrawRate() => _dice.OneOf(906, 950, 1_000, 1_000, 1_050, 1_100);

    private LimitSpec DrawSpec(long revision, LimitSpec? before = null)
    {
        var algorithm = before?.Algorithm ?? _dice.OneOf(Algorithm.TokenBucket, Algorithm.Gcra);
        var window = before?.Bandwidths[0].Window ?? TimeSpan.FromMilliseconds(_dice.OneOf(200, 1_000, 3_000));
        var (limit, burst) = (_dice.From(20, 400), _dice.From(20, 300));
        if (before?.Bandwidths[0] is { } old)
        {
            var half = _dice.OnceIn(2);
            (limit, burst) = half
                ? (Math.Max(1, old.Limit / 2), Math.Max(1, old.Capacity / 2))
                : (old.Limit * 2, old.Capacity * 2);
        }

        return LimitSpec.TryCreate(algorithm, [Bandwidth.Of(limit, window, burst)], revision, out var spec, out var error)
            ? spec
            : throw new InvalidOperationException(error.ToString());
    }

    private enum StepKind
    {
        Ask,
        Sweep,
        Called,
        Heard,
        Returned,
        GivenUp,
        Merge,
        Fault,
    }

    private readonly record struct Step(StepKind Kind, int Holder)
    {
        public LeaseId Lease { get; init; }

        public long Permits { get; init; }

        public LimitSpec? Spec { get; init; }

        public EngineReply Reply { get; init; }
    }
}

/// <summary>What is done wrong on purpose, to see that the audit finds it.</summary>
/// <param name="Rate">The holders' timers: how many of their milliseconds pass in a second; null for one within the margin each.</param>
/// <param name="ForgetsLedger">The owner begins anew at each call.</param>
/// <param name="ReturnsWhatIsHeld">A lease is sent back while it is held.</param>
internal readonly record struct LeaseTampering(long? Rate = null, bool ForgetsLedger = false, bool ReturnsWhatIsHeld = false);
