using System.Threading.RateLimiting;
using BenchmarkDotNet.Attributes;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Engines.Memory;

namespace OrleansLimiter.Benchmarks;

/// <summary>
/// The memory engine beside .NET's own partitioned token bucket. Both start from the subject as a string (the engine's side
/// checks it and composes the key each time), in the same random order, under a limit that no key fills up again; every
/// decision admits. The time is per decision of one thread: with two threads, decisions per second are twice its inverse.
/// </summary>
[MemoryDiagnoser]
public class EngineThroughput
{
    private const int DecisionsPerThread = 200_000;
    private const int Limit = 10;
    private const int Burst = 1_000_000_000;

    private static readonly TimeSpan Window = TimeSpan.FromSeconds(60);

    private readonly KeyScope _scope = KeyScope.Of("tenant", "policy");
    private readonly LimitSpec _spec = LimitSpec.Of(Algorithm.TokenBucket, Bandwidth.Of(Limit, Window, Burst));
    private MemoryEngine _engine = null!;
    private PartitionedRateLimiter<string> _partitioned = null!;
    private string[] _subjects = null!;
    private Crew _crew = null!;

    [Params(1, 100_000)]
    public int Keys { get; set; }

    [Params(1, 2)]
    public int Threads { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        var random = new Random(42);
        var distinct = Enumerable.Range(0, Keys).Select(i => $"user-{i:D15}").ToArray();
        _subjects = [.. Enumerable.Range(0, DecisionsPerThread * Threads).Select(_ => distinct[random.Next(Keys)])];
        _engine = new MemoryEngine(new MemoryEngineOptions(), TimeProvider.System);
        _partitioned = PartitionedRateLimiter.Create<string, string>(
            subject => RateLimitPartition.GetTokenBucketLimiter(subject, _ => new TokenBucketRateLimiterOptions
            {
                TokenLimit = Burst,
                TokensPerPeriod = Limit,
                ReplenishmentPeriod = Window,
                QueueLimit = 0,
            }));
        _crew = new Crew(Threads);
    }

    [GlobalCleanup]
    public void CleanUp()
    {
        _crew.Dispose();
        _engine.Dispose();
        _partitioned.Dispose();
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = DecisionsPerThread)]
    public void DotNetPartitioned() => _crew.Do(place =>
    {
        for (var i = place * DecisionsPerThread; i < (place + 1) * DecisionsPerThread; i++)
        {
            using var lease = _partitioned.AttemptAcquire(_subjects[i]);
            if (!lease.IsAcquired)
                throw new InvalidOperationException("The yardstick refused.");
        }
    });

    [Benchmark(OperationsPerInvoke = DecisionsPerThread)]
    public void MemoryEngineExecute() => _crew.Do(place =>
    {
        for (var i = place * DecisionsPerThread; i < (place + 1) * DecisionsPerThread; i++)
        {
            var reply = _engine.Execute(new LimitRequest(SubjectKey.Of(_scope, _subjects[i]), _spec, Operation.Acquire, Permits.One));
            if (!reply.Decision.IsAdmitted)
                throw new InvalidOperationException("The engine refused.");
        }
    });
}
