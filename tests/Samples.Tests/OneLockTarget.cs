using OrleansLimiter.Conformance;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Core.Ports;
using OrleansLimiter.TestKit;

namespace OrleansLimiter.Samples.Tests;

/// <summary>The engine as the conformance suite plays it: one of its own for every play, with room for all keys.</summary>
internal sealed class OneLockTarget : IConformanceTarget
{
    public ConformanceFeatures Features => ConformanceFeatures.StepsBack;

    public ValueTask<IConformancePlay> StartAsync(Instant start, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IConformancePlay>(new Play(start));

    private sealed class Play : IConformancePlay
    {
        private readonly FakeTimeProvider _time;

        public Play(Instant start)
        {
            _time = new FakeTimeProvider(TimeOf(start));
            Engine = new OneLockEngine(_time, maxKeys: 100);
        }

        public ILimitEngine Engine { get; }

        public ValueTask SetClockAsync(Instant now, CancellationToken cancellationToken)
        {
            _time.JumpTo(TimeOf(now));
            return ValueTask.CompletedTask;
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        private static DateTimeOffset TimeOf(Instant instant) => DateTimeOffset.UnixEpoch.AddMicroseconds(instant.Microseconds);
    }
}
