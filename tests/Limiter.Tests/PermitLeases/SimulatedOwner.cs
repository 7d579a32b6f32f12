using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Leases;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Limiter.Tests.PermitLeases;

/// <summary>One key as its owner keeps it: the Core's own code around a state.</summary>
internal sealed class SimulatedOwner
{
    private LimitSpec _spec;
    private KeyState _state;

    public SimulatedOwner(LimitSpec spec, Instant now) => (_spec, _state) = (spec, LimitKey.Fresh(spec, now));

    private SimulatedOwner(LimitSpec spec, KeyState state) => (_spec, _state) = (spec, state);

    public LimitSpec Spec => _spec;

    /// <summary>What is out, by its own ledger.</summary>
    public PermitLedger Ledger => _state.Rest?.Lent ?? PermitLedger.Empty;

    /// <summary>What one that is put in its place is like: of what is stored, or given to it.</summary>
    public SimulatedOwner Copy()
    {
        var snapshot = LimitKey.Snapshot(_spec, _state);
        Assert.True(LimitKey.TryRestore(_spec, snapshot, out var state));
        return new SimulatedOwner(_spec, state);
    }

    public EngineReply Execute(LimitSpec named, Operation operation, long permits, LeaseId lease, Instant now) => LimitKey.Execute(
        ref _spec, ref _state, new LimitRequest(default, named, operation, Permits.Of(permits), Lease: lease), LeaseId.None, now);

    /// <summary>What is left.</summary>
    public long LevelAt(Instant now) => Execute(_spec, Operation.Peek, 0, default, now).Decision.Remaining;

    /// <summary>Learns of another owner of the same key, and what that has given out.</summary>
    public void Merge(SimulatedOwner other, Instant now) => LimitKey.MergeStricter(ref _spec, ref _state, other._spec, other._state, now);
}
