using System.Collections.Concurrent;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Engines.Memory.Valve;
using OrleansLimiter.Valve;

namespace OrleansLimiter.Shop.Tests.Queue;

/// <summary>
/// A valve that notes whose places are kept and how often valves are asked how they stand, and that can be frozen: a call then ends by its
/// caller's deadline. Safe for use by many threads.
/// </summary>
internal sealed class RecordingValve(MemoryValve valve) : IPassingValve
{
    private readonly ConcurrentQueue<SaleId> _kept = new();
    private int _statusCalls;
    private int _draws;
    private volatile bool _isFrozen;

    public string Source => "memory";

    MemoryValve IPassingValve.Valve => valve;

    /// <summary>The sales whose valves were asked to keep a place, in order.</summary>
    public IReadOnlyCollection<SaleId> Kept => _kept;

    /// <summary>How often a valve was asked how it stands.</summary>
    public int StatusCalls => Volatile.Read(ref _statusCalls);

    /// <summary>How often a valve was asked for what is published of its draw.</summary>
    public int Draws => Volatile.Read(ref _draws);

    /// <summary>Whether nothing is answered any more.</summary>
    public bool IsFrozen
    {
        get => _isFrozen;
        set => _isFrozen = value;
    }

    public async ValueTask<ValveReply<ValveStatus>> SetUpAsync(ValveSpec spec, CancellationToken cancellationToken)
    {
        await FreezeAsync(cancellationToken);
        return await valve.SetUpAsync(spec, cancellationToken);
    }

    public async ValueTask<ValveReply<ValveAnswer>> JoinAsync(SaleId sale, UserId user, CancellationToken cancellationToken)
    {
        await FreezeAsync(cancellationToken);
        return await valve.JoinAsync(sale, user, cancellationToken);
    }

    public async ValueTask<ValveReply<ValveAnswer>> PollAsync(SaleId sale, UserId user, CancellationToken cancellationToken)
    {
        await FreezeAsync(cancellationToken);
        return await valve.PollAsync(sale, user, cancellationToken);
    }

    public ValueTask<EngineFault> KeepAsync(SaleId sale, UserId user, Wait told, CancellationToken cancellationToken)
    {
        _kept.Enqueue(sale);
        return valve.KeepAsync(sale, user, told, cancellationToken);
    }

    public async ValueTask<ValveReply<ValveStatus>> StatusAsync(SaleId sale, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _statusCalls);
        await FreezeAsync(cancellationToken);
        return await valve.StatusAsync(sale, cancellationToken);
    }

    public ValueTask<ValveReply<DrawProof>> DrawAsync(SaleId sale, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _draws);
        return valve.DrawAsync(sale, cancellationToken);
    }

    private Task FreezeAsync(CancellationToken cancellationToken) =>
        _isFrozen ? Task.Delay(Timeout.Infinite, cancellationToken) : Task.CompletedTask;
}
