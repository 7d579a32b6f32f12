using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Core.Ports;
using OrleansLimiter.Logging;
using OrleansLimiter.Metrics;
using OrleansLimiter.Places;
using OrleansLimiter.Tenants;

namespace OrleansLimiter.Service;

/// <summary>
/// Asks the engine, adopts newer specs, counts what came out, and gives every caller an answer. Safe for use by many
/// threads; where the engine answers at once, nothing is allocated.
/// </summary>
internal sealed class LimitService
{
    /// <summary>The <see cref="LimitAnswer.Source"/> of what this process decided because the engine could not be asked.</summary>
    public const string LocalSource = "local";

    /// <summary>The source of answers that this process gave with permits that the engine had given it in advance.</summary>
    public const string LeaseSource = "lease";

    /// <summary>The field that <see cref="LimitAnswer.Error"/> names where a request id came again with another cost.</summary>
    internal const string RequestIdField = "requestId";

    private static readonly InvalidValue ReusedRequestId = new(RequestIdField, "already used", "must not come again with another cost");

    private readonly ILimitEngine _engine;
    private readonly LimiterMetrics _metrics;
    private readonly FaultLog _faults;
    private readonly ConcurrentDictionary<(Tenant, Policy), LimitHandle> _handles = new();

    /// <summary>Creates the service.</summary>
    /// <param name="engine">Who decides.</param>
    /// <param name="metrics">Where decisions are counted.</param>
    /// <param name="time">The clock that paces the log of faults.</param>
    /// <param name="logger">Where faults are logged, without keys.</param>
    public LimitService(ILimitEngine engine, LimiterMetrics metrics, TimeProvider time, ILogger<LimitService> logger)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(metrics);
        _engine = engine;
        _metrics = metrics;
        _faults = new FaultLog(time, logger);
    }

    /// <summary>The engine: what <see cref="LimitAnswer.Source"/> says of every answer that is not <see cref="LocalSource"/> or
    /// <see cref="LeaseSource"/>.</summary>
    public string Source => _engine.Source;

    /// <summary>
    /// The handle of a tenant under a policy: the same object at every call, so as many as tenants times policies at most.
    /// </summary>
    /// <param name="tenant">Who asks.</param>
    /// <param name="policy">Under which policy, of the same settings as the tenant.</param>
    /// <returns>The handle.</returns>
    public LimitHandle HandleFor(Tenant tenant, Policy policy)
    {
        ArgumentNullException.ThrowIfNull(tenant);
        ArgumentNullException.ThrowIfNull(policy);
        return _handles.TryGetValue((tenant, policy), out var handle)
            ? handle
            : _handles.GetOrAdd(
                (tenant, policy),
                new LimitHandle(tenant, policy, _metrics.TagsFor(policy, tenant.Tier, _engine.Source),
                    _metrics.TagsFor(policy, tenant.Tier, LocalSource), _metrics.TagsFor(policy, tenant.Tier, LeaseSource)));
    }

    /// <summary>Does one request.</summary>
    /// <param name="handle">Who asks, under which policy.</param>
    /// <param name="key">Whose counter: a key made on <see cref="LimitHandle.Scope"/>.</param>
    /// <param name="operation">What is asked.</param>
    /// <param name="permits">How many permits; not used by release and reset.</param>
    /// <param name="id">The caller's name for the request; none: it is not remembered.</param>
    /// <param name="lease">For <see cref="Operation.Release"/> and <see cref="Operation.Renew"/>: the place. For an acquire: the name of
    /// the place or turn that may be given out (<see cref="PlaceNames"/>); none: another makes one for a place.</param>
    /// <param name="cancellationToken">The caller's.</param>
    /// <returns>The answer: a decision, a failure to decide, or what is wrong with the request.</returns>
    /// <exception cref="ArgumentException">The key belongs to another tenant or policy.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled; whether the request was charged is
    /// not known.</exception>
    public ValueTask<LimitAnswer> ExecuteAsync(
        LimitHandle handle,
        SubjectKey key,
        Operation operation,
        Permits permits,
        RequestId id = default,
        LeaseId lease = default,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(handle);

        // Turns are withdrawn by whoever has callers wait for them, not by callers.
        var spec = handle.Spec;
        return !spec.Supports(operation) || (operation == Operation.Release && spec.Algorithm == Algorithm.LeakyBucket)
            ? new(Invalid(handle, spec, operation, Unsupported(handle.Policy, spec, operation), handle.Tags, _engine.Source))
            : AskAsync(handle, spec, key, operation, permits, id, lease, cancellationToken);
    }

    /// <summary>
    /// Withdraws a turn of a leaky bucket that its caller does not take: it is free again, unless it has come or is not known.
    /// </summary>
    /// <param name="handle">Who asked, under which policy.</param>
    /// <param name="key">Whose counter.</param>
    /// <param name="turn">The turn, by the name that the decision told.</param>
    /// <returns>The answer, as to a release: a decision, a failure to decide, or that the policy has no turns any more.</returns>
    /// <exception cref="ArgumentException">The key belongs to another tenant or policy.</exception>
    public ValueTask<LimitAnswer> WithdrawAsync(LimitHandle handle, SubjectKey key, LeaseId turn)
    {
        ArgumentNullException.ThrowIfNull(handle);
        var spec = handle.Spec;
        return spec.Algorithm == Algorithm.LeakyBucket
            ? AskAsync(handle, spec, key, Operation.Release, Permits.Zero, default, turn, CancellationToken.None)
            : new(Outdated(handle, spec, Operation.Release));
    }

    private ValueTask<LimitAnswer> AskAsync(
        LimitHandle handle,
        LimitSpec spec,
        SubjectKey key,
        Operation operation,
        Permits permits,
        RequestId id,
        LeaseId lease,
        CancellationToken cancellationToken)
    {
        if (!handle.Scope.Equals(key.Scope))
            throw new ArgumentException("The key was made for another tenant or policy.", nameof(key));
        var started = _metrics.Start();
        ValueTask<EngineReply> pending;
        try
        {
            pending = _engine.ExecuteAsync(new LimitRequest(key, spec, operation, permits, id, lease), cancellationToken);
        }
        catch (NotSupportedException)
        {
            return new(Outdated(handle, spec, operation));
        }

        return pending.IsCompletedSuccessfully
            ? new(Conclude(handle, spec, operation, pending.Result, started))
            : Awaited(pending, handle, spec, operation, started);
    }

    private static InvalidValue Unsupported(Policy policy, LimitSpec spec, Operation operation) => new(
        "policy",
        $"'{policy.Name}' ({AlgorithmNames.NameOf(spec.Algorithm)})",
        operation switch
        {
            Operation.Release or Operation.Renew => "must count by concurrency, which alone gives out places",
            Operation.Lease or Operation.Return => "must count by tokenBucket or gcra, which alone give permits out in advance",
            Operation.Refund => "must count by an algorithm that takes permits back, which leakyBucket and concurrency do not",
            _ => "must count by an algorithm that can be charged without asking, which concurrency cannot",
        });

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<LimitAnswer> Awaited(
        ValueTask<EngineReply> pending, LimitHandle handle, LimitSpec spec, Operation operation, long started)
    {
        EngineReply reply;
        try
        {
            reply = await pending.ConfigureAwait(false);
        }
        catch (NotSupportedException)
        {
            return Outdated(handle, spec, operation);
        }

        return Conclude(handle, spec, operation, reply, started);
    }

    /// <summary>The key is under a newer spec than this process knows of, whose algorithm has no such operation.</summary>
    private LimitAnswer Outdated(LimitHandle handle, LimitSpec spec, Operation operation) => Invalid(
        handle,
        spec,
        operation,
        Unsupported(handle.Policy, spec, operation) with { Value = $"'{handle.Policy.Name}' (changed meanwhile)" },
        handle.Tags,
        _engine.Source);

    private LimitAnswer Conclude(LimitHandle handle, LimitSpec spec, Operation operation, in EngineReply reply, long started)
    {
        var (tags, source) = reply.Source switch
        {
            ReplySource.Local => (handle.LocalTags, LocalSource),
            ReplySource.Lease => (handle.LeaseTags, LeaseSource),
            _ => (handle.Tags, _engine.Source),
        };
        _metrics.Stop(tags, operation, started);
        if (reply.IsFault)
            return Faulted(handle, spec, operation, reply.Fault, tags, source);

        if (reply.NewerSpec is { } newer)
        {
            handle.Adopt(newer);
            spec = newer;
        }

        var answer = LimitAnswer.Decided(handle, spec, source, reply.Decision);
        _metrics.Count(tags, operation, DecisionOutcomes.Of(answer));
        return answer;
    }

    private LimitAnswer Faulted(
        LimitHandle handle, LimitSpec spec, Operation operation, EngineFault fault, DecisionTags tags, string source)
    {
        if (fault.Kind == EngineFaultKind.RequestIdReused)
            return Invalid(handle, spec, operation, ReusedRequestId, tags, source);
        var answer = LimitAnswer.Unavailable(handle, spec, source, fault);
        _metrics.Count(tags, operation, DecisionOutcomes.Of(answer));
        _faults.Report(fault.Kind, source, handle.Policy.Name);
        return answer;
    }

    private LimitAnswer Invalid(
        LimitHandle handle, LimitSpec spec, Operation operation, InvalidValue error, DecisionTags tags, string source)
    {
        var answer = LimitAnswer.Invalid(handle, spec, source, error);
        _metrics.Count(tags, operation, DecisionOutcome.Invalid);
        return answer;
    }
}
