using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Engines.Memory;
using OrleansLimiter.TestKit;
using Xunit;

namespace OrleansLimiter.Memory.Tests;

/// <summary>Limits last by the monotonic clock: a wall clock that is set changes none of them.</summary>
public sealed class ClockStepTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly MemoryEngine _engine;

    public ClockStepTests() => _engine = new MemoryEngine(new MemoryEngineOptions(), _time);

    [Theory]
    [InlineData(Algorithm.TokenBucket, -600)]
    [InlineData(Algorithm.TokenBucket, 200)]
    [InlineData(Algorithm.SlidingWindowLog, -600)]
    [InlineData(Algorithm.SlidingWindowLog, 200)]
    [InlineData(Algorithm.Concurrency, -600)]
    [InlineData(Algorithm.Concurrency, 200)]
    public void A_step_of_the_wall_clock_neither_mints_permits_nor_delays_them(Algorithm algorithm, int step)
    {
        var spec = LimitSpec.Of(algorithm, Bandwidth.Of(1, TimeSpan.FromSeconds(60)));
        Assert.True(Ask(spec));

        _time.StepWall(TimeSpan.FromSeconds(step));
        Assert.False(Ask(spec));
        _time.Advance(TimeSpan.FromSeconds(60) - TimeSpan.FromMicroseconds(1));
        Assert.False(Ask(spec));
        _time.Advance(TimeSpan.FromMicroseconds(1));
        Assert.True(Ask(spec));
    }

    public void Dispose() => _engine.Dispose();

    private bool Ask(LimitSpec spec) =>
        _engine.Execute(new LimitRequest(
            SubjectKey.Of(KeyScope.Of("acme", "p"), "alice"), spec, Operation.Acquire, Permits.One)).Decision.IsAdmitted;
}
