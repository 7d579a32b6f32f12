using System.Diagnostics.CodeAnalysis;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Ports;
using OrleansLimiter.Grains;

namespace OrleansLimiter.Engines.Orleans;

/// <summary>
/// The cluster as an engine: each request is one call to the actor that owns the key. The caller's deadline is its
/// cancellation token, which travels with the call. Never waits for a connection. It does not bound the calls in flight, and the
/// client's own queues have no bound: whoever asks it does. Safe for many threads.
/// </summary>
/// <param name="gate">The cluster, once there is one.</param>
public sealed class OrleansEngine(ClusterGate gate) : ILimitEngine
{
    private readonly SpecCatalog _catalog = new();

    /// <inheritdoc />
    public string Source => "cluster";

    /// <inheritdoc />
    public ValueTask<EngineReply> ExecuteAsync(LimitRequest request, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<EngineReply>(cancellationToken);
        return gate.Grains is { } grains && TryFind(grains, request, out var grain)
            ? CallAsync(grain, request, cancellationToken)
            : ValueTask.FromResult(EngineReply.Failed(EngineFault.Unavailable));
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
    }

    private EngineReply Read(in LimitReplyMessage reply, in LimitRequest request) => (ReplyKind)reply.Kind switch
    {
        ReplyKind.Decided => WireMap.ToReply(reply, _catalog),
        ReplyKind.RequestIdReused => EngineReply.Failed(EngineFault.RequestIdReused),
        ReplyKind.Overloaded => EngineReply.Failed(EngineFault.Overloaded),
        ReplyKind.NotSupported => throw new NotSupportedException($"The key's algorithm has no {request.Operation} operation."),

        // Unavailable, and whatever a newer silo may come to say.
        _ => EngineReply.Failed(EngineFault.Unavailable),
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
