using System.Globalization;
using System.Numerics;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Algorithms.SlidingWindowCounter;
using OrleansLimiter.Core.Algorithms.TokenBucket;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Engines.Redis.Batches;
using StackExchange.Redis;

namespace OrleansLimiter.Engines.Redis;

/// <summary>
/// A spec as the scripts are told it: its rules and the numbers compiled from them. The usual requests are written out once. Safe for many
/// threads.
/// </summary>
internal sealed class SpecArguments
{
    /// <summary>How many arguments stand before the compiled numbers.</summary>
    public const int Head = 4;

    private const int KeptAcquires = 33;

    private readonly RedisValue[]?[] _acquires = new RedisValue[KeptAcquires][];

    private BatchLane? _lane;

    private SpecArguments(LimitSpec spec)
    {
        Spec = spec;
        Script = Script.OfAlgorithms[SpecRules.NumberOf(spec.Algorithm)];
        BatchScript = Script.OfBatches[SpecRules.NumberOf(spec.Algorithm)];
        LentScript = Script.OfLenders[SpecRules.NumberOf(spec.Algorithm)];
        Rules = SpecRules.Write(spec);
        Numbers = [.. spec.Bandwidths.SelectMany(bandwidth => NumbersOf(spec.Algorithm, bandwidth)).Select(RedisNumbers.Of)];
        Longest = RedisNumbers.Of(spec.Bandwidths.Max(bandwidth => LongestOf(spec.Algorithm, bandwidth)));
    }

    public LimitSpec Spec { get; }

    public Script Script { get; }

    /// <summary>Its algorithm's script for states that are under another content.</summary>
    public Script OtherScript => Script.OfOtherContents[SpecRules.NumberOf(Spec.Algorithm)];

    /// <summary>Its algorithm's script for many requests at once; null for none.</summary>
    public Script? BatchScript { get; }

    /// <summary>Its algorithm's script for keys that lend, or have permits out; null for none.</summary>
    public Script? LentScript { get; }

    /// <summary>Its rules (<see cref="SpecRules"/>).</summary>
    public RedisValue Rules { get; }

    /// <summary>The compiled numbers of all bandwidths.</summary>
    public RedisValue[] Numbers { get; }

    /// <summary>The longest time that a key takes to be as good as fresh, with some to spare, in microseconds.</summary>
    public RedisValue Longest { get; }

    public static SpecArguments Of(LimitSpec spec) => new(spec);

    /// <summary>Where its scope's requests under it meet: the same at every call.</summary>
    public BatchLane LaneOf(Batching batching, ScopeTable.Scope scope) =>
        Volatile.Read(ref _lane) ?? Interlocked.CompareExchange(ref _lane, new BatchLane(batching, scope, this), null) ?? _lane;

    /// <summary>The arguments of an acquire by the server's clock: not to be changed.</summary>
    public RedisValue[] Acquire(long permits)
    {
        if (permits >= KeptAcquires)
            return RequestArguments.Plain(this, 0, permits, 0);
        return Volatile.Read(ref _acquires[permits]) ?? (_acquires[permits] = RequestArguments.Plain(this, 0, permits, 0));
    }

    /// <summary>Writes what <c>reading.lua</c> is told of the bandwidths: the window and the compiled numbers of each.</summary>
    public IEnumerable<RedisValue> WithWindows() => Spec.Bandwidths.SelectMany((bandwidth, i) =>
        Numbers.Skip(i * Script.Stride).Take(Script.Stride).Prepend(RedisNumbers.Of(bandwidth.WindowMicroseconds)));

    /// <summary>The compiled numbers of a bandwidth, as the algorithm's script lists them.</summary>
    private static long[] NumbersOf(Algorithm algorithm, Bandwidth bandwidth)
    {
        switch (algorithm)
        {
            case Algorithm.TokenBucket:
                var (permits, window, tick) = RateOf(bandwidth);
                return [bandwidth.Capacity, tick, permits, window];
            case Algorithm.Gcra or Algorithm.LeakyBucket:
                (permits, window, tick) = RateOf(bandwidth);
                var size = bandwidth.Capacity * window;
                return [bandwidth.Capacity, tick, permits, window, size / permits, size % permits];
            case Algorithm.SlidingWindowCounter:
                SlidingWindowCounterAlgorithm.TryCompile(bandwidth, out var counter, out _);
                return [bandwidth.Limit, counter.Tick.Microseconds, bandwidth.WindowMicroseconds / counter.Tick.Microseconds];
            case Algorithm.Concurrency:
                return [bandwidth.Limit, bandwidth.WindowMicroseconds];
            default:
                return [bandwidth.Limit, 1, bandwidth.WindowMicroseconds];
        }
    }

    /// <summary>l/w in lowest terms, w in ticks, and the tick that the Core chose.</summary>
    private static (long Permits, long Window, long Tick) RateOf(Bandwidth bandwidth)
    {
        TokenBucketAlgorithm.TryCompile(bandwidth, out var compiled, out _);
        var window = bandwidth.WindowMicroseconds / compiled.Tick.Microseconds;
        var divisor = (long)BigInteger.GreatestCommonDivisor(bandwidth.Limit, window);
        return (bandwidth.Limit / divisor, window / divisor, compiled.Tick.Microseconds);
    }

    private static long LongestOf(Algorithm algorithm, Bandwidth bandwidth) => algorithm switch
    {
        Algorithm.TokenBucket or Algorithm.Gcra or Algorithm.LeakyBucket =>
            (long)Math.Min(
                (double)bandwidth.Capacity / bandwidth.Limit * bandwidth.WindowMicroseconds + 2_000_000, Instant.MaxMicroseconds),
        _ => 2 * bandwidth.WindowMicroseconds,
    };
}

/// <summary>Numbers as the scripts read them.</summary>
internal static class RedisNumbers
{
    /// <summary>A number in decimal digits, written out once: the client would format it anew for each call.</summary>
    public static RedisValue Of(long number) => System.Text.Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture));
}
