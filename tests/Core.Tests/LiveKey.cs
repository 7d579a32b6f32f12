using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Core.Tests;

/// <summary>One key and a clock, to tell what happens to it in single words.</summary>
internal sealed class LiveKey
{
    public static readonly SubjectKey Name = SubjectKey.Of(KeyScope.Of("acme", "default"), "user_123");

    private LimitSpec _spec;
    private KeyState _state;
    private UInt128 _leases;

    public LiveKey(LimitSpec spec, long now = 0)
    {
        Caller = _spec = spec;
        Now = now;
        _state = LimitKey.Fresh(spec, At);
    }

    public LiveKey(Algorithm algorithm, long limit, long window, long? burst = null, long now = 0)
        : this(LimitSpec.Of(algorithm, Bandwidth.Of(limit, TimeSpan.FromMicroseconds(window), burst)), now)
    {
    }

    /// <summary>Microseconds since the epoch.</summary>
    public long Now { get; set; }

    /// <summary>The spec that the caller names.</summary>
    public LimitSpec Caller { get; set; }

    /// <summary>The spec that the key is under.</summary>
    public LimitSpec Spec => _spec;

    public Instant ForgettableAt => LimitKey.ForgettableAt(_spec, _state, At);

    private Instant At => new(Now);

    public EngineReply Execute(Operation operation, long permits, string? id = null, LeaseId lease = default) => LimitKey.Execute(
        ref _spec,
        ref _state,
        new LimitRequest(Name, Caller, operation, Permits.Of(permits), id is null ? RequestId.None : RequestId.Of(id), lease),
        new LeaseId(++_leases),
        At);

    public Decision Do(Operation operation, long permits, string? id = null, LeaseId lease = default)
    {
        var reply = Execute(operation, permits, id, lease);
        return reply.IsFault ? throw new InvalidOperationException($"{operation} {permits} {id}: {reply.Fault.Kind}") : reply.Decision;
    }

    public Decision Acquire(long permits = 1, string? id = null) => Do(Operation.Acquire, permits, id);

    public Decision AcquireUpTo(long permits, string? id = null) => Do(Operation.AcquireUpTo, permits, id);

    public Decision Peek(long permits = 0) => Do(Operation.Peek, permits);

    public Decision Refund(long permits = 1, string? id = null) => Do(Operation.Refund, permits, id);

    public Decision Charge(long permits, string? id = null) => Do(Operation.Charge, permits, id);

    public Decision Release(LeaseId lease, string? id = null) => Do(Operation.Release, 0, id, lease);

    public Decision Renew(LeaseId lease) => Do(Operation.Renew, 0, null, lease);

    public Decision Reset() => Do(Operation.Reset, 0);
}
