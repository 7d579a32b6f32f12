using System.Collections.Concurrent;
using System.Threading.Channels;
using OrleansLimiter.Grains;

namespace OrleansLimiter.Orleans.Tests.Batches;

/// <summary>Sees the batches that silos get, and holds up some of their calls. Safe for many threads.</summary>
internal sealed class BatchWatch : IIncomingGrainCallFilter
{
    private readonly ConcurrentDictionary<GrainId, TaskCompletionSource> _heldActors = new();
    private readonly Channel<bool> _heldBatches = Channel.CreateUnbounded<bool>();
    private int _batches;
    private volatile TaskCompletionSource? _gate;

    /// <summary>How many batches silos got.</summary>
    public int Batches => Volatile.Read(ref _batches);

    /// <summary>Batches wait from here on until <see cref="Open"/>.</summary>
    public void Close() => _gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Open()
    {
        var gate = _gate;
        _gate = null;
        gate?.SetResult();
    }

    /// <summary>Ends when one more batch waits.</summary>
    public async Task HeldAsync(CancellationToken cancellationToken) => await _heldBatches.Reader.ReadAsync(cancellationToken);

    /// <summary>Messages to an actor wait until it is released.</summary>
    public void Hold(GrainId actor) => _heldActors[actor] = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Release(GrainId actor)
    {
        if (_heldActors.TryRemove(actor, out var held))
            held.SetResult();
    }

    public async Task Invoke(IIncomingGrainCallContext context)
    {
        if (context.InterfaceMethod.DeclaringType == typeof(ILimitBatches) && context.MethodName == nameof(ILimitBatches.ExecuteAsync))
        {
            Interlocked.Increment(ref _batches);
            if (_gate is { } gate)
            {
                _heldBatches.Writer.TryWrite(true);
                await gate.Task;
            }
        }

        if (_heldActors.TryGetValue(context.TargetId, out var held))
            await held.Task;
        await context.Invoke();
    }
}
