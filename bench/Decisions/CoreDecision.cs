using BenchmarkDotNet.Attributes;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Benchmarks;

/// <summary>
/// One decision of each algorithm in Core, with the whole answer: the state is settled, charged and stored, and remaining,
/// retryAfter, resetAfter and the next permit are worked out. Time moves 5 us a decision, so that some are admitted and
/// some refused. concurrency: 10 places that expire after 50 us.
/// </summary>
[MemoryDiagnoser]
public class CoreDecision
{
    private const int Decisions = 1_000;

    private LimitSpec _spec = null!;
    private LimitRequest _request;
    private KeyState _state;
    private long _now;

    [Params(Algorithm.TokenBucket, Algorithm.Gcra, Algorithm.FixedWindow, Algorithm.SlidingWindowCounter, Algorithm.SlidingWindowLog,
        Algorithm.LeakyBucket, Algorithm.Concurrency)]
    public Algorithm Algorithm { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        _spec = Algorithm == Algorithm.Concurrency
            ? LimitSpec.Of(Algorithm, Bandwidth.Of(10, TimeSpan.FromMilliseconds(1)))
            : LimitSpec.Of(Algorithm, Bandwidth.Of(1_000, TimeSpan.FromMilliseconds(7)));
        _request = new LimitRequest(
            SubjectKey.Of(KeyScope.Of("tenant", "policy"), "user-000000000012345"), _spec, Operation.Acquire, Permits.One);
        _now = 1_795_308_217_408_000;
        _state = LimitKey.Fresh(_spec, new Instant(_now));
    }

    [Benchmark(OperationsPerInvoke = Decisions)]
    public int Decide()
    {
        var admitted = 0;
        for (var i = 0; i < Decisions; i++)
        {
            _now += 5;
            LimitKey.Execute(ref _spec, ref _state, _request, new LeaseId((UInt128)_now), new Instant(_now), out var reply);
            if (reply.Decision.IsAdmitted)
                admitted++;
        }

        return admitted;
    }
}
