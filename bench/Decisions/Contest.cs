using System.Threading.RateLimiting;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Engines.Memory;

namespace OrleansLimiter.Benchmarks;

/// <summary>
/// The memory engine and .NET's own partitioned token bucket, asked the same by as many threads. Both start from the subject as a string
/// (the engine's side checks it and composes the key each time), in the same random order, under a limit that no key fills up again; every
/// decision admits.
/// </summary>
internal sealed class Contest : IDisposable
{
    /// <summary>How many decisions of each thread a call asks for.</summary>
    public const int DecisionsPerThread = 200_000;

    private const int Limit = 10;
    private const int Burst = 1_000_000_000;

    private static readonly TimeSpan Window = TimeSpan.FromSeconds(60);

    private readonly KeyScope _scope = KeyScope.Of("tenant", "policy");
    private readonly LimitSpec _spec = LimitSpec.Of(Algorithm.TokenBucket, Bandwidth.Of(Limit, Window, Burst));
    private readonly MemoryEngine _engine = new(new MemoryEngineOptions(), TimeProvider.System);
    private readonly PartitionedRateLimiter<string> _partitioned;
    private readonly string[] _subjects;
    private readonly Crew _crew;

    public Contest(int keys, int threads)
    {
        var random = new Random(42);
        var distinct = Enumerable.Range(0, keys).Select(i => $"user-{i:D15}").ToArray();
        _subjects = [.. Enumerable.Range(0, DecisionsPerThread * threads).Select(_ => distinct[random.Next(keys)])];
        _partitioned = PartitionedRateLimiter.Create<string, string>(
            subject => RateLimitPartition.GetTokenBucketLimiter(subject, _ => new TokenBucketRateLimiterOptions
            {
                TokenLimit = Burst,
                TokensPerPeriod = Limit,
                ReplenishmentPeriod = Window,
                QueueLimit = 0,
            }));
        _crew = new Crew(threads);
    }

    /// <summary>Asks .NET's.</summary>
    public void AskPartitioned() => _crew.Do(place =>
    {
        for (var i = place * DecisionsPerThread; i < (place + 1) * DecisionsPerThread; i++)
        {
            using var lease = _partitioned.AttemptAcquire(_subjects[i]);
            if (!lease.IsAcquired)
                throw new InvalidOperationException("The yardstick refused.");
        }
    });

    /// <summary>Asks the engine.</summary>
    public void AskEngine() => _crew.Do(place =>
    {
        for (var i = place * DecisionsPerThread; i < (place + 1) * DecisionsPerThread; i++)
        {
            var reply = _engine.Execute(new LimitRequest(SubjectKey.Of(_scope, _subjects[i]), _spec, Operation.Acquire, Permits.One));
            if (!reply.Decision.IsAdmitted)
                throw new InvalidOperationException("The engine refused.");
        }
    });

    public void Dispose()
    {
        _crew.Dispose();
        _engine.Dispose();
        _partitioned.Dispose();
    }
}
