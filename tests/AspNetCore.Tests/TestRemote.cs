using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Core.Ports;

namespace OrleansLimiter.AspNetCore.Tests;

/// <summary>
/// An engine that the test interferes with: Core's keys in a dictionary, and something done before each request. Safe for use by many
/// threads.
/// </summary>
internal sealed class TestRemote(TimeProvider time) : ILimitEngine
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (LimitSpec Spec, KeyState State)> _keys = [];
    private uint _leases;

    public string Source => "test";

    /// <summary>Done before a request is decided; what it throws, or the reply that it gives, is the engine's.</summary>
    public Func<LimitRequest, CancellationToken, EngineReply?> Before { get; set; } = (_, _) => null;

    /// <summary>Done after a request was decided.</summary>
    public Action<LimitRequest> After { get; set; } = _ => { };

    public ValueTask<EngineReply> ExecuteAsync(LimitRequest request, CancellationToken cancellationToken)
    {
        if (Before(request, cancellationToken) is { } instead)
            return new(instead);
        lock (_gate)
        {
            var reply = Decide(request);
            After(request);
            return new(reply);
        }
    }

    private EngineReply Decide(LimitRequest request)
    {
        var now = Instant.From(time.GetUtcNow());
        var name = request.Key.ToString();
        var (spec, state) = _keys.TryGetValue(name, out var known) ? known : (request.Spec, LimitKey.Fresh(request.Spec, now));
        var reply = LimitKey.Execute(ref spec, ref state, request, new LeaseId(++_leases), now);
        _keys[name] = (spec, state);
        return reply;
    }
}
