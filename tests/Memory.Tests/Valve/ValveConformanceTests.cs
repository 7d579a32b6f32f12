using OrleansLimiter.Conformance.Valve;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Engines.Memory.Valve;
using OrleansLimiter.TestKit;
using OrleansLimiter.Valve;
using Xunit;

namespace OrleansLimiter.Memory.Tests.Valve;

/// <summary>The memory valve answers as the Core's machine does.</summary>
public sealed class ValveConformanceTests
{
    [Fact]
    public Task Every_answer_is_the_cores() =>
        ValveConformanceSuite.RunAsync(new Target(), firstSeed: 1, traces: 2_000, length: 60, TestContext.Current.CancellationToken);

    private sealed class Target : IValveTarget
    {
        public ValveFeatures Features => ValveFeatures.StandsStill;

        public ValueTask<IValvePlay> StartAsync(Instant start, Func<SaleId, DrawSeed> seedOf, CancellationToken cancellationToken) =>
            ValueTask.FromResult<IValvePlay>(new Play(start, seedOf));
    }

    private sealed class Play : IValvePlay
    {
        private readonly FakeTimeProvider _time;
        private readonly MemoryValve _valve;

        public Play(Instant start, Func<SaleId, DrawSeed> seedOf)
        {
            _time = new FakeTimeProvider(TimeOf(start));
            _valve = new MemoryValve(_time, seedOf);
        }

        public IValveEngine Engine => _valve;

        public ValueTask SetClockAsync(Instant now, CancellationToken cancellationToken)
        {
            _time.JumpTo(TimeOf(now));
            return ValueTask.CompletedTask;
        }

        public ValueTask StoreAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask CrashAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask DisposeAsync()
        {
            _valve.Dispose();
            return ValueTask.CompletedTask;
        }

        private static DateTimeOffset TimeOf(Instant instant) => DateTimeOffset.UnixEpoch.AddMicroseconds(instant.Microseconds);
    }
}
