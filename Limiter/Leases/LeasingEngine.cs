using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Core.Ports;
using OrleansLimiter.Policies;
using OrleansLimiter.Resilience;

namespace OrleansLimiter.Leases;

/// <summary>
/// Decides with permits that a remote engine gave in advance, where the policy says so and a key is asked for often; all else it passes on.
/// Asks ahead, while others spend what is left, and sends back what is not needed. Nobody ever waits for a lease. Safe for use by many
/// threads.
/// </summary>
internal sealed class LeasingEngine : ILimitEngine, IDisposable
{
    /// <summary>The most keys whose demand is watched; requests of others are passed on until one of these is idle.</summary>
    public const int MaxKeys = 10_000;

    /// <summary>From one look at what is to be sent back to the next, while there is anything to look at.</summary>
    public static readonly TimeSpan SweepEvery = TimeSpan.FromMilliseconds(50);

    private readonly ILimitEngine _inner;
    private readonly ILimitEngine _owners;
    private readonly PolicyCatalog _policies;
    private readonly MonotonicClock _clock;
    private readonly RememberedAnswers _remembered;
    private readonly ResilienceLog _log;
    private readonly ConcurrentDictionary<SubjectKey, LeasedKey> _keys = new();
    private readonly Func<LeaseId> _newName;
    private readonly ITimer _timer;
    private int _count;
    private int _isSweeping;

    /// <param name="inner">Who decides all else.</param>
    /// <param name="owners">Who is asked for leases: its answers are the engine's own, or faults.</param>
    /// <param name="policies">Which of them lease.</param>
    /// <param name="remembered">What was refused lately: no longer, where permits are given back.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Where bugs are logged.</param>
    public LeasingEngine(
        ILimitEngine inner,
        ILimitEngine owners,
        PolicyCatalog policies,
        RememberedAnswers remembered,
        TimeProvider time,
        ResilienceLog log)
    {
        _inner = inner;
        _owners = owners;
        _policies = policies;
        _remembered = remembered;
        _clock = new MonotonicClock(time);
        _log = log;

        // Half of the name says which process: no other makes one of its kind.
        var names = (ulong)NewLease.Draw().Bits;
        var last = 0UL;
        _newName = () => new LeaseId(new UInt128(names, Interlocked.Increment(ref last)));
        _timer = time.CreateTimer(
            static engine => ((LeasingEngine)engine!).Sweep(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public string Source => _inner.Source;

    /// <summary>What became of permits.</summary>
    public LeaseCounts Counts { get; } = new();

    /// <summary>What was sent last: for tests.</summary>
    internal Task LastSent { get; private set; } = Task.CompletedTask;

    public ValueTask<EngineReply> ExecuteAsync(LimitRequest request, CancellationToken cancellationToken)
    {
        if (request.Operation == Operation.Acquire)
        {
            if (request.Id.IsNone && request.Permits.Count > 0 && IsLeased(request) && TryFind(request, out var key))
            {
                var isSpent = key.Leases.TrySpend(
                    request.Spec.Version, request.Permits.Count, _clock.Now(), out var step, out var decision);
                var left = isSpent ? 0 : key.Leases.LeftFor(request.Spec.Version, _clock.Now());

                // The request before the lease: what is asked for in advance is not to be missing when it is decided.
                ValueTask<EngineReply> pending = default;
                try
                {
                    if (!isSpent)
                        pending = _inner.ExecuteAsync(request, cancellationToken);
                }
                finally
                {
                    if (!step.IsEmpty)
                        Send(key, request.Spec, step);
                }

                if (isSpent)
                    return new(EngineReply.Decided(decision).From(ReplySource.Lease));
                return left == 0 ? pending : WithHeldAsync(pending, key, request);
            }
        }
        else if (request.Operation is Operation.Reset or Operation.Peek && _keys.TryGetValue(request.Key, out var known))
        {
            return request.Operation == Operation.Reset
                ? ResetAsync(known, request, cancellationToken)
                : WithHeldAsync(_inner.ExecuteAsync(request, cancellationToken), known, request);
        }

        return _inner.ExecuteAsync(request, cancellationToken);
    }

    /// <summary>Sends back what it holds, and waits for nothing: what does not arrive ends at its owner within a second.</summary>
    public void Dispose()
    {
        _timer.Dispose();
        var returns = new List<LeaseReturn>();
        foreach (var key in _keys.Values)
        {
            returns.Clear();
            key.Leases.Drop(_clock.Now(), returns);
            foreach (var one in returns)
                _ = ReturnAsync(key, key.Spec, one);
        }
    }

    private bool IsLeased(in LimitRequest request) =>
        request.Spec.Supports(Operation.Lease) && _policies.TryGet(request.Key.Scope.Policy, out var policy) && policy.IsLeased;

    private bool TryFind(in LimitRequest request, [NotNullWhen(true)] out LeasedKey? key)
    {
        if (_keys.TryGetValue(request.Key, out key))
            return true;
        if (Volatile.Read(ref _count) >= MaxKeys)
            return false;
        key = new LeasedKey(request.Key, request.Spec, new KeyLeases(Counts, _newName));
        if (!_keys.TryAdd(request.Key, key))
            return _keys.TryGetValue(request.Key, out key);
        if (Interlocked.Increment(ref _count) == 1)
            _timer.Change(SweepEvery, Timeout.InfiniteTimeSpan);
        return true;
    }

    /// <summary>What is held here is part of what a reset gives back: the owner has it before it forgets the key.</summary>
    private async ValueTask<EngineReply> ResetAsync(LeasedKey key, LimitRequest request, CancellationToken cancellationToken)
    {
        var returns = new List<LeaseReturn>();
        key.Leases.Drop(_clock.Now(), returns);
        foreach (var one in returns)
            await ReturnAsync(key, request.Spec, one).ConfigureAwait(false);
        return await _inner.ExecuteAsync(request, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// What is held here counts beside what the owner has left. It admits what it is enough for; of both together no request is admitted.
    /// </summary>
    private async ValueTask<EngineReply> WithHeldAsync(ValueTask<EngineReply> pending, LeasedKey key, LimitRequest request)
    {
        var reply = await pending.ConfigureAwait(false);
        var left = key.Leases.LeftFor(request.Spec.Version, _clock.Now());
        if (left == 0 || reply.IsFault || reply.Source != ReplySource.Engine || reply.NewerSpec is not null)
            return reply;
        var decision = reply.Decision;
        if (decision.Outcome == Outcome.Limited && request.Operation == Operation.Peek && request.Permits.Count <= left)
            decision = decision with { Outcome = Outcome.Admitted, RetryAfter = Wait.None };
        return EngineReply.Decided(decision with
        {
            Remaining = decision.IsAdmitted
                ? Math.Min(decision.Limit, decision.Remaining + left)
                : Math.Max(decision.Remaining, left),
        });
    }

    private void Send(LeasedKey key, LimitSpec spec, in LeaseStep step)
    {
        key.Spec = spec;
        if (step.First is { } first)
            LastSent = ReturnAsync(key, spec, first);
        if (step.Second is { } second)
            LastSent = ReturnAsync(key, spec, second);
        if (step.Call is { } call)
            LastSent = LeaseAsync(key, spec, call);
    }

    [SuppressMessage("Design", "CA1031", Justification = "A bug of the engine is logged; whoever asks for the key decides by asking.")]
    private async Task LeaseAsync(LeasedKey key, LimitSpec spec, LeaseCall call)
    {
        LeaseReturn? unwanted;
        try
        {
            var request = new LimitRequest(key.Key, spec, Operation.Lease, Permits.Of(call.Permits), Lease: call.Id);
            var reply = await _owners.ExecuteAsync(request, CancellationToken.None).ConfigureAwait(false);
            unwanted = reply.IsFault
                ? key.Leases.Failed(call.Id, mayBeGiven: reply.Fault.IsSilence, _clock.Now())
                : key.Leases.Heard(call.Id, reply.Decision, (reply.NewerSpec ?? spec).Version, _clock.Now());
        }
        catch (NotSupportedException)
        {
            // The key's owner is of a build that lends nothing, or counts by another algorithm by now.
            unwanted = key.Leases.Failed(call.Id, mayBeGiven: false, _clock.Now());
        }
        catch (Exception thrown) when (thrown is not OutOfMemoryException)
        {
            _log.Thrown(Source, thrown);
            unwanted = key.Leases.Failed(call.Id, mayBeGiven: true, _clock.Now());
        }

        if (unwanted is { } lease)
            await ReturnAsync(key, spec, lease).ConfigureAwait(false);
    }

    [SuppressMessage("Design", "CA1031", Justification = "What does not come back ends at its owner.")]
    private async Task ReturnAsync(LeasedKey key, LimitSpec spec, LeaseReturn lease)
    {
        try
        {
            var request = new LimitRequest(key.Key, spec, Operation.Return, Permits.Of(lease.Permits), Lease: lease.Id);

            // Before and after: a refusal from before it may be heard of in between.
            _remembered.ForgetRefusals(key.Key);
            await _owners.ExecuteAsync(request, CancellationToken.None).ConfigureAwait(false);
            _remembered.ForgetRefusals(key.Key);
        }
        catch (NotSupportedException)
        {
            // The key counts by another algorithm by now, where what was out is used.
        }
        catch (Exception thrown) when (thrown is not OutOfMemoryException)
        {
            _log.Thrown(Source, thrown);
        }
    }

    private void Sweep()
    {
        if (Interlocked.Exchange(ref _isSweeping, 1) != 0)
            return;
        var returns = new List<LeaseReturn>();
        foreach (var (name, key) in _keys)
        {
            returns.Clear();
            var isIdle = key.Leases.Sweep(_clock.Now(), returns);
            foreach (var one in returns)
                LastSent = ReturnAsync(key, key.Spec, one);
            if (isIdle && _keys.TryRemove(name, out _))
                Interlocked.Decrement(ref _count);
        }

        Volatile.Write(ref _isSweeping, 0);
        if (!_keys.IsEmpty)
            _timer.Change(SweepEvery, Timeout.InfiniteTimeSpan);
    }

    /// <summary>A key whose demand is watched.</summary>
    private sealed class LeasedKey(SubjectKey key, LimitSpec spec, KeyLeases leases)
    {
        private LimitSpec _spec = spec;

        public SubjectKey Key { get; } = key;

        public KeyLeases Leases { get; } = leases;

        /// <summary>The spec that was named last.</summary>
        public LimitSpec Spec
        {
            get => Volatile.Read(ref _spec);
            set => Volatile.Write(ref _spec, value);
        }
    }
}
