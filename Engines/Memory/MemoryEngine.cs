using System.Numerics;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Core.Ports;
using OrleansLimiter.Core.Quotas;

namespace OrleansLimiter.Engines.Memory;

/// <summary>
/// The embedded engine: every key in this process, spread over shards by a hash that is seeded per process. Decides
/// synchronously and allocates nothing for a key that it knows. A key is forgotten when it is whole; memory is bounded by
/// <see cref="MemoryEngineOptions"/>. Safe for many threads.
/// </summary>
internal sealed class MemoryEngine : ILimitEngine, IDisposable
{
    // How many keys are looked at, in all shards, to tell when a full quota has room. Other tenants' keys may all be due sooner, and
    // requests must not be held up by a look through them: a later key of the quota is told then, or a second.
    private const int LooksForRoom = 16_384;
    private const int LeastLooksForRoom = 64;

    private const int ShardsPerCore = 32;
    private const int MaxShards = 1024;

    // An odd constant near 2^32 / golden ratio: spreads the hash's bits into those that choose the shard.
    private const uint Spread = 0x9E3779B1;

    private static readonly TimeSpan SweepPeriod = TimeSpan.FromSeconds(1);

    private readonly MonotonicClock _clock;
    private readonly KeyShard[] _shards;
    private readonly int _shardShift;
    private readonly KeyQuota _count = new(long.MaxValue);
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
        var groups = new KeyGroupDirectory(new TenantQuotas(options.Sizes));
        var shardBits = BitOperations.Log2(
            Math.Min(MaxShards, BitOperations.RoundUpToPowerOf2((uint)(Environment.ProcessorCount * ShardsPerCore))));
        _shardShift = 32 - shardBits;
        _shards = new KeyShard[1 << shardBits];
        for (var i = 0; i < _shards.Length; i++)
            _shards[i] = new KeyShard(groups, _count);
        _sweeper = time.CreateTimer(static engine => ((MemoryEngine)engine!).Sweep(), this, SweepPeriod, SweepPeriod);
    }

    public string Source => "memory";

    /// <summary>How many keys are held.</summary>
    public long KeyCount => _count.Used;

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
        SubjectBytes.Read(request.Key.Subject, out var subject);
        var hash = KeyHold.HashOf(request.Key.GetHashCode());
        var shard = _shards[(uint)hash * Spread >> _shardShift];
        var guess = shard.Guess(hash);
        var now = _clock.Now();
        if (!KeyShard.TryExecute(guess, request, subject, hash, now, out var full, out var reply))
            full = shard.Execute(request, subject, hash, now, out reply);
        if (full is null)
            return reply;

        // Whole keys anywhere in the table go first. Shards with none are passed over without their lock.
        Sweep(now);
        full = shard.Execute(request, subject, hash, now, out reply);
        return full is not null
            ? EngineReply.Failed(RoomAt(full, now) is var at and < Instant.MaxMicroseconds
                ? EngineFault.KeyTableFullFor(Wait.OfMicroseconds(at - now.Microseconds))
                : EngineFault.KeyTableFull)
            : reply;
    }

    public void Dispose() => _sweeper.Dispose();

    /// <summary>
    /// When the first key of those that count in a full quota will be whole if nothing else happens, in us. Looked for once, and again when
    /// that has passed or something was given back.
    /// </summary>
    private long RoomAt(KeyQuota full, Instant now)
    {
        var at = full.RoomAt;
        if (at > now.Microseconds)
            return at;
        at = Instant.MaxMicroseconds;
        foreach (var shard in _shards)
            at = shard.FirstWhole(full, now, at, Math.Max(LeastLooksForRoom, LooksForRoom / _shards.Length));
        full.RoomAt = at;
        return at;
    }

    private void Sweep() => Sweep(_clock.Now());

    private void Sweep(Instant now)
    {
        foreach (var shard in _shards)
            shard.Sweep(now);
    }
}
