using System.Threading.RateLimiting;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Engines.Memory;

namespace OrleansLimiter.Benchmarks;

/// <summary>
/// What a live, not yet whole key with a 20-byte subject costs, its subject included, after a full collection. The subjects
/// given in are not kept by this program, so what remains is what the limiter holds.
/// </summary>
internal static class BytesPerKey
{
    private const int Limit = 10;

    private static readonly TimeSpan Window = TimeSpan.FromHours(1);

    public static void Print()
    {
        Console.WriteLine("| keys | memory engine, B per key | PartitionedRateLimiter, B per key |");
        Console.WriteLine("|---:|---:|---:|");
        foreach (var keys in new[] { 100_000, 250_000, 1_000_000 })
            Console.WriteLine($"| {keys:N0} | {OfEngine(keys):F1} | {OfPartitioned(keys):F1} |");
    }

    private static double OfEngine(int keys)
    {
        var scope = KeyScope.Of("tenant", "policy");
        var spec = LimitSpec.Of(Algorithm.TokenBucket, Bandwidth.Of(Limit, Window));
        var before = GC.GetTotalMemory(forceFullCollection: true);
        using var engine = new MemoryEngine(
            new MemoryEngineOptions { MaxKeysPerTenant = MemoryEngineOptions.DefaultMaxKeys }, TimeProvider.System);
        for (var i = 0; i < keys; i++)
            engine.Execute(new LimitRequest(SubjectKey.Of(scope, Subject(i)), spec, Operation.Acquire, Permits.One));
        var bytes = GC.GetTotalMemory(forceFullCollection: true) - before;
        if (engine.KeyCount != keys)
            throw new InvalidOperationException($"{engine.KeyCount} keys are held, not {keys}.");
        return (double)bytes / keys;
    }

    private static double OfPartitioned(int keys)
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        using var limiter = PartitionedRateLimiter.Create<string, string>(
            subject => RateLimitPartition.GetTokenBucketLimiter(subject, static _ => new TokenBucketRateLimiterOptions
            {
                TokenLimit = Limit,
                TokensPerPeriod = Limit,
                ReplenishmentPeriod = Window,
                QueueLimit = 0,
            }));
        for (var i = 0; i < keys; i++)
            limiter.AttemptAcquire(Subject(i)).Dispose();
        var bytes = GC.GetTotalMemory(forceFullCollection: true) - before;
        GC.KeepAlive(limiter);
        return (double)bytes / keys;
    }

    private static string Subject(int i) => $"user-{i:D15}";
}
