using System.Buffers.Binary;
using System.Security.Cryptography;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Core.Ports;

namespace OrleansLimiter.Samples.Tests;

/// <summary>
/// An engine of one's own: one lock and a dictionary around the Core. Whole keys are forgotten when there is no room for a new one.
/// </summary>
internal sealed class OneLockEngine(TimeProvider time, int maxKeys) : ILimitEngine
{
    private readonly Lock _lock = new();
    private readonly Dictionary<SubjectKey, (LimitSpec Spec, KeyState State)> _keys = [];

    public string Source => "one-lock";

    public ValueTask<EngineReply> ExecuteAsync(LimitRequest request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            var now = Instant.From(time.GetUtcNow());
            if (!_keys.TryGetValue(request.Key, out var key))
            {
                if (_keys.Count >= maxKeys && !TryForget(now))
                    return ValueTask.FromResult(EngineReply.Failed(EngineFault.KeyTableFull));
                key = (request.Spec, LimitKey.Fresh(request.Spec, now));
            }

            var reply = LimitKey.Execute(ref key.Spec, ref key.State, request, NewLease(), now);
            _keys[request.Key] = key;
            return ValueTask.FromResult(reply);
        }
    }

    private bool TryForget(Instant now)
    {
        foreach (var (subject, key) in _keys)
        {
            if (LimitKey.ForgettableAt(key.Spec, key.State, now) <= now)
                _keys.Remove(subject);
        }

        return _keys.Count < maxKeys;
    }

    private static LeaseId NewLease() => new(BinaryPrimitives.ReadUInt128LittleEndian(RandomNumberGenerator.GetBytes(16)));
}
