using BenchmarkDotNet.Attributes;

namespace OrleansLimiter.Benchmarks;

/// <summary>
/// The memory engine beside .NET's own. The time is per decision of one thread: with two threads, decisions per second are twice its
/// inverse.
/// </summary>
[MemoryDiagnoser]
public class EngineThroughput
{
    private Contest _contest = null!;

    [Params(1, 100_000)]
    public int Keys { get; set; }

    [Params(1, 2)]
    public int Threads { get; set; }

    [GlobalSetup]
    public void SetUp() => _contest = new Contest(Keys, Threads);

    [GlobalCleanup]
    public void CleanUp() => _contest.Dispose();

    [Benchmark(Baseline = true, OperationsPerInvoke = Contest.DecisionsPerThread)]
    public void DotNetPartitioned() => _contest.AskPartitioned();

    [Benchmark(OperationsPerInvoke = Contest.DecisionsPerThread)]
    public void MemoryEngineExecute() => _contest.AskEngine();
}
