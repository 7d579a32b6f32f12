using OrleansLimiter.Conformance;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Core.Ports;
using OrleansLimiter.Engines.Memory;
using OrleansLimiter.TestKit;

namespace OrleansLimiter.Memory.Tests;

/// <summary>A memory engine of its own for every play. Its sweeps run as the clock jumps.</summary>
internal sealed class MemoryTarget(ConformanceFeatures features) : IConformanceTarget
{
    public ConformanceFeatures Features => features;

    public ValueTask<IConformancePlay> StartAsync(Instant start, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IConformancePlay>(new Play(start));

    private sealed class Play : IConformancePlay
    {
        private readonly FakeTimeProvider _time;
        private readonly MemoryEngine _engine;

        public Play(Instant start)
        {
            _time = new FakeTimeProvider(TimeOf(start));
            _engine = new MemoryEngine(new MemoryEngineOptions { MaxKeys = 100_000 }, _time);
        }

        public ILimitEngine Engine => _engine;

        public ValueTask SetClockAsync(Instant now, CancellationToken cancellationToken)
        {
            _time.JumpTo(TimeOf(now));
            return ValueTask.CompletedTask;
        }

        public ValueTask DisposeAsync()
        {
            _engine.Dispose();
            return ValueTask.CompletedTask;
        }

        private static DateTimeOffset TimeOf(Instant instant) => DateTimeOffset.UnixEpoch.AddMicroseconds(instant.Microseconds);
    }
}
