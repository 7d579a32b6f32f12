using System.Diagnostics.CodeAnalysis;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Ports;
using OrleansLimiter.Grains;

namespace OrleansLimiter.Engines.Orleans;

/// <summary>
/// The cluster as an engine: each request is one call to the actor that owns the key. The caller's deadline is its
/// cancellation token, which travels with the call. Never waits for a connection. Safe for many threads.
/// </summary>
public sealed class OrleansEngine : ILimitEngine
{
    private readonly ClusterGate _gate;
    private readonly SpecCatalog _catalog = new();
    private readonly int _maxCalls;
    private int _calls;

    /// <summary>Creates the engine.</summary>
    /// <param name="gate">The cluster, once there is one.</param>
    /// <param name="options">How much to ask at once.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its bounds.</exception>
    public OrleansEngine(ClusterGate gate, OrleansEngineOptions options)
    {
        ArgumentNullException.ThrowIfNull(gate);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _gate = gate;
        _maxCalls = options.MaxCallsInFlight;
    }

    /// <inheritdoc />
    public string Source => "cluster";

    /// <summary>How many calls wait for their replies.</summary>
    public int CallsInFlight => Volatile.Read(ref _calls);

    /// <inheritdoc />
    public ValueTask<EngineReply> ExecuteAsync(LimitRequest request, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<EngineReply>(cancellationToken);
        if (_gate.Grains is not { } grains || !TryFind(grains, request, out var grain))
            return ValueTask.FromResult(EngineReply.Failed(ClusterFaults.Unavailable));
        if (Interlocked.Increment(ref _calls) <= _maxCalls)
            return CallAsync(grain, request, cancellationToken);
        Interlocked.Decrement(ref _calls);
        return ValueTask.FromResult(EngineReply.Failed(ClusterFaults.Overloaded));
    }

    private async ValueTask<EngineReply> CallAsync(ILimitGrain grain, LimitRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return Read(await grain.ExecuteAsync(WireMap.ToMessage(request, _catalog), cancellationToken), request);
        }
        catch (Exception failure) when (ClusterFaults.Of(failure, cancellationToken) is { } fault)
        {
            return EngineReply.Failed(fault);
        }
        finally
        {
            Interlocked.Decrement(ref _calls);
        }
    }

    private EngineReply Read(in LimitReplyMessage reply, in LimitRequest request) => (ReplyKind)reply.Kind switch
    {
        ReplyKind.Decided => WireMap.ToReply(reply, _catalog),
        ReplyKind.RequestIdReused => EngineReply.Failed(EngineFault.RequestIdReused),
        ReplyKind.Overloaded => EngineReply.Failed(ClusterFaults.Overloaded),
        ReplyKind.NotSupported => throw new NotSupportedException($"The key's algorithm has no {request.Operation} operation."),

        // Unavailable, and whatever a newer silo may come to say.
        _ => EngineReply.Failed(ClusterFaults.Unavailable),
    };

    /// <summary>The actor of a key; none where the client has no connection any more, or not yet the list of what the silos host.</summary>
    private static bool TryFind(IGrainFactory grains, in LimitRequest request, [NotNullWhen(true)] out ILimitGrain? grain)
    {
        var key = request.Key.ToString();
        try
        {
            grain = request.Spec.Algorithm switch
            {
                Algorithm.TokenBucket => grains.GetGrain<ITokenBucketGrain>(key),
                Algorithm.Gcra => grains.GetGrain<IGcraGrain>(key),
                Algorithm.FixedWindow => grains.GetGrain<IFixedWindowGrain>(key),
                Algorithm.SlidingWindowCounter => grains.GetGrain<ISlidingWindowCounterGrain>(key),
                Algorithm.SlidingWindowLog => grains.GetGrain<ISlidingWindowLogGrain>(key),
                Algorithm.LeakyBucket => grains.GetGrain<ILeakyBucketGrain>(key),
                Algorithm.Concurrency => grains.GetGrain<IConcurrencyGrain>(key),
                _ => throw new NotSupportedException($"There is no actor for {request.Spec.Algorithm}."),
            };
            return true;
        }
        catch (Exception failure) when (failure is ArgumentException or ObjectDisposedException)
        {
            grain = null;
            return false;
        }
    }
}
