using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Core.Ports;

namespace OrleansLimiter.Limiter.Tests;

/// <summary>
/// The smallest engine that counts: Core's keys in a dictionary, by the clock given. One call at a time: a round that charges debts may go
/// on beside the test.
/// </summary>
internal sealed class KeyedEngine(TimeProvider time) : ILimitEngine
{
    private readonly Dictionary<string, (LimitSpec Spec, KeyState State)> _keys = [];
    private readonly Lock _gate = new();
    private uint _leases;

    public string Source => "memory";

    public ValueTask<EngineReply> ExecuteAsync(LimitRequest request, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            var now = Instant.From(time.GetUtcNow());
            var name = request.Key.ToString();
            var (spec, state) = _keys.TryGetValue(name, out var known) ? known : (request.Spec, LimitKey.Fresh(request.Spec, now));
            var reply = LimitKey.Execute(ref spec, ref state, request, new LeaseId(++_leases), now);
            _keys[name] = (spec, state);
            return new(reply);
        }
    }
}
