using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Core.Ports;

namespace OrleansLimiter.Conformance;

/// <summary>The plainest engine there is, a dictionary around the Core: to try the suite itself. One request at a time.</summary>
/// <param name="forgets">Whether it forgets whole keys.</param>
/// <param name="tamper">What it does wrong; null for nothing.</param>
public sealed class CoreTarget(bool forgets = false, Func<LimitRequest, EngineReply, EngineReply>? tamper = null) : IConformanceTarget
{
    /// <inheritdoc />
    public ConformanceFeatures Features =>
        ConformanceFeatures.StepsBack | (forgets ? ConformanceFeatures.ForgetsWholeKeys : ConformanceFeatures.None);

    /// <inheritdoc />
    public ValueTask<IConformancePlay> StartAsync(Instant start, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IConformancePlay>(new Play(forgets, tamper ?? ((_, reply) => reply)));

    private sealed class Play(bool forgets, Func<LimitRequest, EngineReply, EngineReply> tamper) : IConformancePlay, ILimitEngine
    {
        private readonly Dictionary<SubjectKey, (LimitSpec Spec, KeyState State)> _keys = [];
        private Instant _now;
        private UInt128 _leases = UInt128.One << 64;

        public ILimitEngine Engine => this;

        public string Source => "core";

        public ValueTask SetClockAsync(Instant now, CancellationToken cancellationToken)
        {
            _now = now;
            foreach (var (subject, key) in _keys)
            {
                if (forgets && LimitKey.ForgettableAt(key.Spec, key.State, now) <= now)
                    _keys.Remove(subject);
            }

            return ValueTask.CompletedTask;
        }

        public ValueTask<EngineReply> ExecuteAsync(LimitRequest request, CancellationToken cancellationToken)
        {
            if (!_keys.TryGetValue(request.Key, out var key))
                key = (request.Spec, LimitKey.Fresh(request.Spec, _now));
            var reply = LimitKey.Execute(ref key.Spec, ref key.State, request, new LeaseId(++_leases), _now);
            _keys[request.Key] = key;
            return ValueTask.FromResult(tamper(request, reply));
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
