using System.Threading.Channels;
using OrleansLimiter.Testing;

namespace OrleansLimiter.Orleans.Tests;

/// <summary>The fake clock, and a signal for every timer that is set: a test that has seen one can move the clock past it.</summary>
internal sealed class WatchedTime(FakeTimeProvider time) : TimeProvider
{
    private readonly Channel<TimeSpan> _timers = Channel.CreateUnbounded<TimeSpan>();

    public override long TimestampFrequency => time.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => time.GetUtcNow();

    public override long GetTimestamp() => time.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = time.CreateTimer(callback, state, dueTime, period);
        _timers.Writer.TryWrite(dueTime);
        return timer;
    }

    /// <summary>Moves the clock.</summary>
    public void Advance(TimeSpan step) => time.Advance(step);

    /// <summary>Waits until a timer of this length is set that has not been waited for.</summary>
    public async Task SetAsync(TimeSpan dueTime, CancellationToken cancellationToken)
    {
        while (await _timers.Reader.ReadAsync(cancellationToken) != dueTime)
        {
        }
    }
}
