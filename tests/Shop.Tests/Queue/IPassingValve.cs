using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Engines.Memory.Valve;
using OrleansLimiter.Valve;

namespace OrleansLimiter.Shop.Tests.Queue;

/// <summary>A valve that passes every call on to another one, but for those that it answers itself.</summary>
internal interface IPassingValve : IValveEngine
{
    /// <summary>The other one.</summary>
    protected MemoryValve Valve { get; }

    ValueTask<ValveReply<ValveStatus>> IValveEngine.SetUpAsync(ValveSpec spec, CancellationToken cancellationToken) =>
        Valve.SetUpAsync(spec, cancellationToken);

    ValueTask<ValveReply<ValveAnswer>> IValveEngine.JoinAsync(SaleId sale, UserId user, CancellationToken cancellationToken) =>
        Valve.JoinAsync(sale, user, cancellationToken);

    ValueTask<ValveReply<ValveAnswer>> IValveEngine.PollAsync(SaleId sale, UserId user, CancellationToken cancellationToken) =>
        Valve.PollAsync(sale, user, cancellationToken);

    ValueTask<EngineFault> IValveEngine.KeepAsync(SaleId sale, UserId user, Wait told, CancellationToken cancellationToken) =>
        Valve.KeepAsync(sale, user, told, cancellationToken);

    ValueTask<ValveReply<PlaceEnded>> IValveEngine.LeaveAsync(SaleId sale, UserId user, CancellationToken cancellationToken) =>
        Valve.LeaveAsync(sale, user, cancellationToken);

    ValueTask<ValveReply<PlaceEnded>> IValveEngine.CompleteAsync(Admission admission, CancellationToken cancellationToken) =>
        Valve.CompleteAsync(admission, cancellationToken);

    ValueTask<ValveReply<PlaceEnded>> IValveEngine.AbandonAsync(Admission admission, CancellationToken cancellationToken) =>
        Valve.AbandonAsync(admission, cancellationToken);

    ValueTask<ValveReply<ValveStatus>> IValveEngine.CommandAsync(
        SaleId sale, ValveCommand command, CancellationToken cancellationToken) => Valve.CommandAsync(sale, command, cancellationToken);

    ValueTask<ValveReply<ValveStatus>> IValveEngine.StatusAsync(SaleId sale, CancellationToken cancellationToken) =>
        Valve.StatusAsync(sale, cancellationToken);

    ValueTask<ValveReply<DrawProof>> IValveEngine.DrawAsync(SaleId sale, CancellationToken cancellationToken) =>
        Valve.DrawAsync(sale, cancellationToken);
}
