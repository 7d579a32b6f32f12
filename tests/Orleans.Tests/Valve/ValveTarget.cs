using OrleansLimiter.Conformance.Valve;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Valve;

namespace OrleansLimiter.Orleans.Tests.Valve;

/// <summary>One cluster for all plays: each play has a sale of its own, whose storage is held back until the play says so.</summary>
/// <param name="silos">The cluster.</param>
/// <param name="features">What of it is played.</param>
internal sealed class ValveTarget(TestSilos silos, ValveFeatures features) : IValveTarget
{
    /// <summary>How many actors were made to crash.</summary>
    public int Crashes { get; private set; }

    public ValveFeatures Features => features;

    public async ValueTask<IValvePlay> StartAsync(Instant start, Func<SaleId, DrawSeed> seedOf, CancellationToken cancellationToken)
    {
        var play = new Play(this, silos);
        await play.SetClockAsync(start, cancellationToken);
        return play;
    }

    private sealed class Play(ValveTarget target, TestSilos silos) : IValvePlay, IValveEngine
    {
        private SaleId _sale;

        public IValveEngine Engine => this;

        public string Source => silos.Valve.Source;

        public ValueTask SetClockAsync(Instant now, CancellationToken cancellationToken)
        {
            silos.Time.JumpTo(DateTimeOffset.UnixEpoch.AddMicroseconds(now.Microseconds));
            return ValueTask.CompletedTask;
        }

        public async ValueTask StoreAsync(CancellationToken cancellationToken)
        {
            silos.Disk.Release(Actor);
            await silos.StoredAsync(_sale, cancellationToken);
            silos.Disk.Hold(Actor);
        }

        public async ValueTask CrashAsync(CancellationToken cancellationToken)
        {
            silos.Disk.Fail(Actor);
            await silos.Cluster.DeactivateAsync(Actor);
            silos.Disk.Hold(Actor);
            target.Crashes++;
        }

        public async ValueTask<ValveReply<ValveStatus>> SetUpAsync(ValveSpec spec, CancellationToken cancellationToken)
        {
            var reply = await silos.Valve.SetUpAsync(spec, cancellationToken);
            if (_sale == default)
                silos.Disk.Hold(silos.IdOf(_sale = spec.Sale));
            return reply;
        }

        public ValueTask<ValveReply<ValveAnswer>> JoinAsync(SaleId sale, UserId user, CancellationToken cancellationToken) =>
            silos.Valve.JoinAsync(sale, user, cancellationToken);

        public ValueTask<ValveReply<ValveAnswer>> PollAsync(SaleId sale, UserId user, CancellationToken cancellationToken) =>
            silos.Valve.PollAsync(sale, user, cancellationToken);

        public ValueTask<EngineFault> KeepAsync(SaleId sale, UserId user, Wait told, CancellationToken cancellationToken) =>
            silos.Valve.KeepAsync(sale, user, told, cancellationToken);

        public ValueTask<ValveReply<PlaceEnded>> LeaveAsync(SaleId sale, UserId user, CancellationToken cancellationToken) =>
            silos.Valve.LeaveAsync(sale, user, cancellationToken);

        public ValueTask<ValveReply<PlaceEnded>> CompleteAsync(Admission admission, CancellationToken cancellationToken) =>
            silos.Valve.CompleteAsync(admission, cancellationToken);

        public ValueTask<ValveReply<PlaceEnded>> AbandonAsync(Admission admission, CancellationToken cancellationToken) =>
            silos.Valve.AbandonAsync(admission, cancellationToken);

        public ValueTask<ValveReply<ValveStatus>> CommandAsync(SaleId sale, ValveCommand command, CancellationToken cancellationToken) =>
            silos.Valve.CommandAsync(sale, command, cancellationToken);

        public ValueTask<ValveReply<ValveStatus>> StatusAsync(SaleId sale, CancellationToken cancellationToken) =>
            silos.Valve.StatusAsync(sale, cancellationToken);

        public ValueTask<ValveReply<DrawProof>> DrawAsync(SaleId sale, CancellationToken cancellationToken) =>
            silos.Valve.DrawAsync(sale, cancellationToken);

        // A sale that nobody asks about any more would live, and tick, until the cluster ends.
        public async ValueTask DisposeAsync()
        {
            silos.Disk.Release(Actor);
            await silos.Cluster.DeactivateAsync(Actor);
        }

        private GrainId Actor => silos.IdOf(_sale);
    }
}
