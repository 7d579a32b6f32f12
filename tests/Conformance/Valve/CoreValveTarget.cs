using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Valve;
using OrleansLimiter.Valve.Records;

namespace OrleansLimiter.Conformance.Valve;

/// <summary>
/// The plainest valve engine there is, a machine and what it stored: to try the suite itself, and what a durable engine does. One call at a
/// time.
/// </summary>
/// <param name="features">What it can be made to do.</param>
/// <param name="tamper">What it does wrong with the answers; null for nothing.</param>
/// <param name="loses">Which records it loses on the way to storage; null for none.</param>
internal sealed class CoreValveTarget(
    ValveFeatures features = ValveFeatures.StandsStill,
    Func<ValveAnswer, ValveAnswer>? tamper = null,
    Func<ValveRecord, bool>? loses = null) : IValveTarget
{
    /// <inheritdoc />
    public ValveFeatures Features => features;

    /// <inheritdoc />
    public ValueTask<IValvePlay> StartAsync(Instant start, Func<SaleId, DrawSeed> seedOf, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IValvePlay>(new Play(start, seedOf, features, tamper ?? (answer => answer), loses ?? (_ => false)));

    private sealed class Play(Instant start, Func<SaleId, DrawSeed> seedOf, ValveFeatures features, Func<ValveAnswer, ValveAnswer> tamper,
        Func<ValveRecord, bool> loses)
        : IValvePlay, IValveEngine
    {
        private readonly List<ValveRecord> _snapshot = [];
        private readonly List<ValveRecord> _records = [];
        private Instant _now = start;
        private ValveMachine? _valve;

        public IValveEngine Engine => this;

        public string Source => "core";

        public ValueTask SetClockAsync(Instant now, CancellationToken cancellationToken)
        {
            _now = now;
            return ValueTask.CompletedTask;
        }

        public ValueTask StoreAsync(CancellationToken cancellationToken)
        {
            Store();
            return ValueTask.CompletedTask;
        }

        // Every other time from a snapshot made here: what a durable engine writes now and then must say the same as its records.
        public ValueTask CrashAsync(CancellationToken cancellationToken)
        {
            _valve = Restored();
            _snapshot.Clear();
            if (_records.Count % 2 == 0)
                return ValueTask.CompletedTask;
            _snapshot.AddRange(_valve.Snapshot());
            _valve = Restored();
            return ValueTask.CompletedTask;
        }

        public ValueTask<ValveReply<ValveStatus>> SetUpAsync(ValveSpec spec, CancellationToken cancellationToken)
        {
            _valve ??= ValveMachine.Start(spec, seedOf(spec.Sale), _now);
            return StatusAsync(spec.Sale, cancellationToken);
        }

        public ValueTask<ValveReply<ValveAnswer>> JoinAsync(SaleId sale, UserId user, CancellationToken cancellationToken)
        {
            Settle();
            var answer = _valve!.Join(user, _now);
            Settle();
            return Told(answer.State == QueueState.Joining && !_valve.HasUnstored ? _valve.Tell(user, _now) : answer);
        }

        public ValueTask<ValveReply<ValveAnswer>> PollAsync(SaleId sale, UserId user, CancellationToken cancellationToken)
        {
            Settle();
            return Told(_valve!.Poll(user, _now));
        }

        public ValueTask<EngineFault> KeepAsync(SaleId sale, UserId user, Wait told, CancellationToken cancellationToken)
        {
            Settle();
            _valve!.Heard(user, _now, told, _now);
            Settle();
            return ValueTask.FromResult(default(EngineFault));
        }

        public ValueTask<ValveReply<PlaceEnded>> LeaveAsync(SaleId sale, UserId user, CancellationToken cancellationToken) =>
            Done(valve => valve.LeaveLine(user, _now));

        public ValueTask<ValveReply<PlaceEnded>> CompleteAsync(Admission admission, CancellationToken cancellationToken) =>
            Done(valve => valve.Complete(admission.Id, admission.User, _now));

        public ValueTask<ValveReply<PlaceEnded>> AbandonAsync(Admission admission, CancellationToken cancellationToken) =>
            Done(valve => valve.Abandon(admission.Id, admission.User, _now));

        public ValueTask<ValveReply<ValveStatus>> CommandAsync(SaleId sale, ValveCommand command, CancellationToken cancellationToken)
        {
            Settle();
            _valve!.Command(command, _now);
            return StatusAsync(sale, cancellationToken);
        }

        public ValueTask<ValveReply<ValveStatus>> StatusAsync(SaleId sale, CancellationToken cancellationToken) =>
            Done(valve => valve.Status(_now));

        public ValueTask<ValveReply<DrawProof>> DrawAsync(SaleId sale, CancellationToken cancellationToken) =>
            Done(valve => valve.Proof(_now));

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        private ValveMachine Restored() => ValveMachine.TryRestore(_valve!.Spec, _snapshot, _records, _now, out var valve)
            ? valve
            : throw new InvalidOperationException("What the valve stored cannot be restored from.");

        private void Settle()
        {
            if (features.HasFlag(ValveFeatures.StoresWhenTold))
                _valve!.Advance(_now);
            else
                Store();
        }

        private void Store()
        {
            _valve!.Advance(_now);
            while (_valve.HasUnstored)
            {
                var batch = new List<ValveRecord>();
                _valve.TakeRecords(batch);
                _records.AddRange(batch.Where(record => !loses(record)));
                _valve.Stored(_valve.LastRecord, _now);
            }
        }

        private ValueTask<ValveReply<ValveAnswer>> Told(ValveAnswer answer) => ValueTask.FromResult(ValveReply.Of(tamper(answer)));

        private ValueTask<ValveReply<T>> Done<T>(Func<ValveMachine, T> ask)
        {
            Settle();
            var value = ask(_valve!);
            Settle();
            return ValueTask.FromResult(ValveReply.Of(value));
        }
    }
}
