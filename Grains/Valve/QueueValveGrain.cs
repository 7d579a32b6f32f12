using System.Runtime.InteropServices;
using Orleans.Placement;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Valve;
using OrleansLimiter.Valve.Records;
using OrleansLimiter.Valve.Tokens;

namespace OrleansLimiter.Grains.Valve;

/// <summary>
/// One sale's valve: reads the clock, asks the valve's machine, answers. Not reentrant: turns are synchronous, but for the first one, which
/// reads what is stored, and the one that sets the valve up. Storing interleaves with turns and is never waited for by one. While storage
/// fails, the machine is left alone and nobody is answered. Stays active while its sale lives.
/// </summary>
[RandomPlacement]
[GrainType("ol.valve")]
internal sealed class QueueValveGrain(ValveParts parts) : Grain, IQueueValveGrain
{
    private static readonly TimeSpan TickPeriod = TimeSpan.FromMilliseconds(250);
    private static readonly ValveAnswerMessage NoAnswer = new() { Kind = (byte)ReplyKind.Unavailable };
    private static readonly ValveAnswersMessage NoAnswers = new((byte)ReplyKind.Unavailable, []);
    private static readonly ValveStatusMessage NoStatus = new() { Kind = (byte)ReplyKind.Unavailable };
    private static readonly PlaceEndedMessage NotKnown = new() { Kind = (byte)ReplyKind.Unavailable };
    private static readonly DrawProofMessage NoProof = new((byte)ReplyKind.Unavailable, null, null, null, []);

    private static readonly DrawSeed Probe = new(new byte[DrawSeed.Bytes]);

    private readonly List<ValveRecord> _batch = [];
    private ValveMachine? _machine;
    private ValveStore? _store;
    private Task _storing = Task.CompletedTask;
    private IGrainTimer? _ticker;
    private bool _isHalted;
    private bool _isLost;
    private bool _isClosing;
    private SeedSeal _seal = SeedSeal.None;
    private long _offset;

    public async ValueTask<ValveStatusMessage> SetUpAsync(ValveSpecMessage spec, CancellationToken cancellationToken)
    {
        var wanted = ValveWireMap.ToSpec(spec, Sale);
        if (!await TryReadAsync(cancellationToken) || (_machine is null && !await TryBeginAsync(wanted)) || _isHalted)
            return NoStatus;
        return Answer(0, static (valve, _, now) => ValveWireMap.ToMessage(valve.Status(now)));
    }

    public ValueTask<ValveStatusMessage> SetUpSealedAsync(ValveSpecMessage spec, byte[] keys, CancellationToken cancellationToken)
    {
        TakeKeys(keys);
        return SetUpAsync(spec, cancellationToken);
    }

    public async ValueTask<byte> OpenAsync(byte[] keys, CancellationToken cancellationToken)
    {
        if (_machine is not null || _isLost || !TakeKeys(keys))
            return 0;
        return (byte)(await TryReadAsync(cancellationToken) && _machine is not null && !_isHalted ? 1 : 0);
    }

    public ValueTask<ValveAnswerMessage> JoinAsync(ulong high, ulong low, CancellationToken cancellationToken) =>
        AskAsync(
            new UserId(high, low), static (valve, user, now) => ValveWireMap.ToMessage(valve.Join(user, now)), NoAnswer, cancellationToken);

    public ValueTask<ValveAnswerMessage> PollAsync(ulong high, ulong low, CancellationToken cancellationToken) =>
        AskAsync(
            new UserId(high, low), static (valve, user, now) => ValveWireMap.ToMessage(valve.Poll(user, now)), NoAnswer, cancellationToken);

    public ValueTask<ValveAnswersMessage> PollManyAsync(byte[] users, CancellationToken cancellationToken) =>
        AskAsync(users, static (valve, users, now) => PollMany(valve, users, now), NoAnswers, cancellationToken);

    public ValueTask<byte> KeepAsync(ulong high, ulong low, long toldMilliseconds, CancellationToken cancellationToken) =>
        AskAsync(
            (User: new UserId(high, low), Told: Wait.OfMicroseconds(Math.Clamp(toldMilliseconds, 0, int.MaxValue) * 1_000)),
            static (valve, keep, now) =>
            {
                valve.Heard(keep.User, now, keep.Told, now);
                return (byte)ReplyKind.Decided;
            },
            (byte)ReplyKind.Unavailable,
            cancellationToken);

    public ValueTask<PlaceEndedMessage> LeaveAsync(ulong high, ulong low, CancellationToken cancellationToken) =>
        AskAsync(new UserId(high, low), static (valve, user, now) => ValveWireMap.ToMessage(valve.Leave(user, now)), NotKnown,
            cancellationToken);

    public ValueTask<PlaceEndedMessage> LeaveLineAsync(ulong high, ulong low, CancellationToken cancellationToken) =>
        AskAsync(new UserId(high, low), static (valve, user, now) => ValveWireMap.ToMessage(valve.LeaveLine(user, now)), NotKnown,
            cancellationToken);

    public ValueTask<PlaceEndedMessage> CompleteAsync(AdmissionMessage admission, CancellationToken cancellationToken) =>
        AskAsync(
            admission,
            static (valve, admission, now) => ValveWireMap.ToMessage(
                valve.Complete(new AdmissionId(admission.Valve, admission.Place), new UserId(admission.UserHigh, admission.UserLow), now)),
            NotKnown,
            cancellationToken);

    public ValueTask<PlaceEndedMessage> AbandonAsync(AdmissionMessage admission, CancellationToken cancellationToken) =>
        AskAsync(
            admission,
            static (valve, admission, now) => ValveWireMap.ToMessage(
                valve.Abandon(new AdmissionId(admission.Valve, admission.Place), new UserId(admission.UserHigh, admission.UserLow), now)),
            NotKnown,
            cancellationToken);

    public ValueTask<ValveStatusMessage> CommandAsync(ValveCommandMessage command, CancellationToken cancellationToken) =>
        AskAsync(
            ValveWireMap.ToCommand(command),
            static (valve, command, now) => ValveWireMap.ToMessage(valve.Command(command, now)),
            NoStatus,
            cancellationToken);

    public ValueTask<ValveStatusMessage> StatusAsync(CancellationToken cancellationToken) =>
        AskAsync(0, static (valve, _, now) => ValveWireMap.ToMessage(valve.Status(now)), NoStatus, cancellationToken);

    public ValueTask<DrawProofMessage> DrawAsync(CancellationToken cancellationToken) =>
        AskAsync(0, static (valve, _, now) => ValveWireMap.ToMessage(valve.Proof(now)), NoProof, cancellationToken);

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _isClosing = true;
        _ticker?.Dispose();
        await _storing.WaitAsync(cancellationToken)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        if (_storing.IsCompleted)
            await StoreAsync();
    }

    private SaleId Sale => ActorNames.SaleOf(this.GetPrimaryKeyString());

    /// <summary>Takes the front ends' keys, which last as long as this activation: what is stored next is sealed with them.</summary>
    private bool TakeKeys(byte[] keys)
    {
        if (!SeedSeal.TryImport(keys, out var seal) || !seal.HasKeys)
            return false;

        // Who does not have the key that sealed so far must not seal with another: nobody else could open it.
        if (_machine is not null && _seal.HasKeys && !seal.TryOpen(Sale, _seal.Seal(Sale, Probe), out _))
            return false;
        _seal = seal;
        _store?.SealWith(seal);
        return true;
    }

    /// <summary>What time it is; the valve learns first if the clock was set.</summary>
    private Instant Now()
    {
        var (now, offset) = parts.Clock.Read();
        if (offset != _offset)
            _machine?.ClockSet(offset - _offset);
        _offset = offset;
        return now;
    }

    private static ValveAnswersMessage PollMany(ValveMachine valve, byte[] users, Instant now)
    {
        var asked = ValveWireMap.ToUsers(users);
        var answers = new ValveAnswerMessage[asked.Length];
        for (var i = 0; i < answers.Length; i++)
            answers[i] = ValveWireMap.ToMessage(valve.Poll(asked[i], now));
        return new ValveAnswersMessage((byte)ReplyKind.Decided, ImmutableCollectionsMarshal.AsImmutableArray(answers));
    }

    private ValueTask<TReply> AskAsync<TArgument, TReply>(
        TArgument argument, Func<ValveMachine, TArgument, Instant, TReply> ask, TReply unavailable, CancellationToken cancellationToken)
    {
        if (_isHalted || _isLost)
            return new(unavailable);
        return _machine is null ? AskFirstAsync(argument, ask, unavailable, cancellationToken) : new(Answer(argument, ask));
    }

    private async ValueTask<TReply> AskFirstAsync<TArgument, TReply>(
        TArgument argument, Func<ValveMachine, TArgument, Instant, TReply> ask, TReply unavailable, CancellationToken cancellationToken) =>
        await TryReadAsync(cancellationToken) && _machine is not null ? Answer(argument, ask) : unavailable;

    private TReply Answer<TArgument, TReply>(TArgument argument, Func<ValveMachine, TArgument, Instant, TReply> ask)
    {
        var now = Now();
        var reply = ask(_machine!, argument, now);
        _machine!.Advance(now);
        StoreSoon();
        return reply;
    }

    /// <summary>Reads the valve, if it was not read yet. There may be none.</summary>
    /// <returns>Whether what is stored is known.</returns>
    private async ValueTask<bool> TryReadAsync(CancellationToken cancellationToken)
    {
        if (_machine is not null || _isLost || parts.Storage is null)
            return _machine is not null;
        var (snapshot, records) = (new List<ValveRecord>(), new List<ValveRecord>());
        var store = new ValveStore(parts.Storage, this.GetGrainId(), Sale, parts.Options.LogSize, parts.Logger);
        store.SealWith(_seal);
        if (!await store.TryReadAsync(snapshot, records, cancellationToken))
            return false;
        _store = store;
        if (store.Spec is not { } stored)
            return true;
        if (!ValveWireMap.TryReadSpec(stored, Sale, out var spec)
            || !ValveMachine.TryRestore(spec, snapshot, records, Now(), out var machine))
            return store.TellNotWhole();

        // Only where not one batch more would fit does a turn wait for a write: else the next batch brings the snapshot with it.
        if (store.IsFull && await store.WriteSnapshotAsync(machine.Snapshot()).WaitAsync(cancellationToken) != StoreResult.Stored)
            return false;
        Live(machine);
        return true;
    }

    private async ValueTask<bool> TryBeginAsync(ValveSpec spec)
    {
        var machine = ValveMachine.Start(spec, parts.Options.SeedOf(spec.Sale), Now());
        if (await _store!.BeginAsync(ValveWireMap.ToMessage(spec), machine.Snapshot()) != StoreResult.Stored)
            return false;
        machine.Stored(machine.LastRecord, Now());
        Live(machine);
        return true;
    }

    private void Live(ValveMachine machine)
    {
        _machine = machine;
        _ticker = this.RegisterGrainTimer(
            static (valve, _) => valve.TickAsync(), this, new GrainTimerCreationOptions(TickPeriod, TickPeriod) { KeepAlive = true });
    }

    // Time passes though nobody asks; and what could not be stored is tried again.
    private Task TickAsync()
    {
        if (_isLost)
            return Task.CompletedTask;
        var now = Now();
        if (!_isHalted)
            _machine!.Advance(now);
        StoreSoon();
        if (!_machine!.HasUnstored && _machine.Status(now).Phase == ValvePhase.Closed)
            _ticker!.Dispose();
        return Task.CompletedTask;
    }

    private void StoreSoon()
    {
        if (_machine!.HasUnstored && _storing.IsCompleted && !_isClosing)
            _storing = StoreAfterIntervalAsync();
    }

    private async Task StoreAfterIntervalAsync()
    {
        while (!_isClosing && _machine is { HasUnstored: true })
        {
            if (parts.Options.BatchInterval > TimeSpan.Zero)
                await Task.Delay(parts.Options.BatchInterval, parts.Time);
            if (!await StoreAsync())
                return;
        }
    }

    /// <summary>Stores what is not stored, once. Does not throw.</summary>
    /// <returns>Whether all is well.</returns>
    private async Task<bool> StoreAsync()
    {
        if (_machine is not { HasUnstored: true } machine || _isLost)
            return !_isLost;

        // A batch that failed is stored as it was: it may be there already.
        var isNew = _batch.Count == 0;
        if (isNew)
            machine.TakeRecords(_batch);
        var snapshot = isNew && _store!.NeedsSnapshot ? machine.Snapshot() : null;
        var result = await _store!.AppendAsync(_batch);
        if (result == StoreResult.Stored)
        {
            var last = _batch[^1].Number;
            _batch.Clear();
            _isHalted = false;
            machine.Stored(last, Now());
            result = snapshot is null ? result : await _store.WriteSnapshotAsync(snapshot);

            // Without a snapshot the log is longer, and nothing else.
            if (result != StoreResult.Lost)
                return true;
        }

        _isHalted = true;
        if (result == StoreResult.Lost)
        {
            _isLost = true;
            DeactivateOnIdle();
        }

        return false;
    }
}
