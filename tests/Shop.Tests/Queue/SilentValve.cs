using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Valve;

namespace OrleansLimiter.Shop.Tests.Queue;

/// <summary>A valve engine that cannot be reached: every call is a fault. Safe for use by many threads.</summary>
internal sealed class SilentValve : IValveEngine
{
    public string Source => "cluster";

    public ValueTask<ValveReply<ValveStatus>> SetUpAsync(ValveSpec spec, CancellationToken cancellationToken) => FaultOf<ValveStatus>();

    public ValueTask<ValveReply<ValveAnswer>> JoinAsync(SaleId sale, UserId user, CancellationToken cancellationToken) =>
        FaultOf<ValveAnswer>();

    public ValueTask<ValveReply<ValveAnswer>> PollAsync(SaleId sale, UserId user, CancellationToken cancellationToken) =>
        FaultOf<ValveAnswer>();

    public ValueTask<EngineFault> KeepAsync(SaleId sale, UserId user, Wait told, CancellationToken cancellationToken) =>
        new(EngineFault.Unavailable);

    public ValueTask<ValveReply<PlaceEnded>> LeaveAsync(SaleId sale, UserId user, CancellationToken cancellationToken) =>
        FaultOf<PlaceEnded>();

    public ValueTask<ValveReply<PlaceEnded>> CompleteAsync(Admission admission, CancellationToken cancellationToken) =>
        FaultOf<PlaceEnded>();

    public ValueTask<ValveReply<PlaceEnded>> AbandonAsync(Admission admission, CancellationToken cancellationToken) =>
        FaultOf<PlaceEnded>();

    public ValueTask<ValveReply<ValveStatus>> CommandAsync(SaleId sale, ValveCommand command, CancellationToken cancellationToken) =>
        FaultOf<ValveStatus>();

    public ValueTask<ValveReply<ValveStatus>> StatusAsync(SaleId sale, CancellationToken cancellationToken) => FaultOf<ValveStatus>();

    public ValueTask<ValveReply<DrawProof>> DrawAsync(SaleId sale, CancellationToken cancellationToken) => FaultOf<DrawProof>();

    private static ValueTask<ValveReply<T>> FaultOf<T>() => new(ValveReply.Failed<T>(EngineFault.Unavailable));
}
