using System.Numerics;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Core.Ports;

namespace OrleansLimiter.Engines.Memory;

/// <summary>
/// The embedded engine: every key in this process, spread over shards by a hash that is seeded per process. Decides
/// synchronously and allocates nothing for a key that it knows. A key is forgotten when it is whole; memory is bounded by
/// <see cref="MemoryEngineOptions"/>. Safe for many threads.
/// </summary>
public sealed class MemoryEngine : ILimitEngine, IDisposable
{
    private const int ShardsPerCore = 32;
    private const int MaxShards = 1024;

    // An odd constant near 2^32 / golden ratio: spreads the hash's bits into those that choose the shard.
    private const uint Spread = 0x9E3779B1;

    private static readonly TimeSpan SweepPeriod = TimeSpan.FromSeconds(1);

    private readonly MonotonicClock _clock;
    private readonly KeyShard[] _shards;
    private readonly int _shardShift;
    private readonly KeyQuota _all;
    private readonly ITimer _sweeper;

    /// <summary>Creates an empty engine.</summary>
    /// <param name="options">How many keys it may hold.</param>
    /// <param name="time">The clock: read once per decision, by its monotonic timestamp. Its timer sweeps once a second.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its bounds.</exception>
    public MemoryEngine(MemoryEngineOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        options.Validate();
        _clock = new MonotonicClock(time);
        _all = new KeyQuota(options.MaxKeys);
        var lanes = new LaneDirectory(options.EffectiveMaxKeysPerTenant);
        var shardBits = BitOperations.Log2(Math.Min(MaxShards, BitOperations.RoundUpToPowerOf2((uint)(Environment.ProcessorCount * ShardsPerCore))));
        _shardShift = 32 - shardBits;
        _shards = new KeyShard[1 << shardBits];
        for (var i = 0; i < _shards.Length; i++)
            _shards[i] = new KeyShard(lanes, _all);
        _sweeper = time.CreateTimer(static engine => ((MemoryEngine)engine!).Sweep(), this, SweepPeriod, SweepPeriod);
    }

    /// <inheritdoc />
    public string Source => "memory";

    /// <summary>How many keys are held.</summary>
    public long KeyCount => _all.Count;

    /// <inheritdoc />
    public ValueTask<EngineReply> ExecuteAsync(LimitRequest request, CancellationToken cancellationToken) =>
        cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled<EngineReply>(cancellationToken)
            : ValueTask.FromResult(Execute(request));

    /// <summary>Decides one request, synchronously.</summary>
    /// <param name="request">What is asked of which key, under which spec.</param>
    /// <returns>The decision, or the fault that prevented one.</returns>
    /// <exception cref="NotSupportedException">The spec's algorithm has no such operation.</exception>
    public EngineReply Execute(in LimitRequest request)
    {
        SubjectBytes.Read(request.Key.Subject, out var subject, out var subjectHash);
        var hash = subjectHash ^ request.Key.Scope.GetHashCode();
        var shard = _shards[(uint)hash * Spread >> _shardShift];
        shard.Prefetch(hash);
        var now = _clock.Now();
        shard.Execute(request, subject, hash, now, out var reply);
        if (!reply.IsFault || reply.Fault.Kind != EngineFaultKind.KeyTableFull)
            return reply;

        // Whole keys anywhere in the table go first. Shards with none are passed over without their lock.
        Sweep(now);
        shard.Execute(request, subject, hash, now, out reply);
        return reply;
    }

    /// <summary>Stops the sweeping.</summary>
    public void Dispose() => _sweeper.Dispose();

    private void Sweep() => Sweep(_clock.Now());

    private void Sweep(Instant now)
    {
        foreach (var shard in _shards)
            shard.Sweep(now);
    }
}
