using System.Threading.Channels;

namespace OrleansLimiter.TestKit;

/// <summary>The fake clock, and a signal for every timer that is set: a test that has seen one can move the clock past it.</summary>
/// <param name="time">The clock.</param>
public sealed class WatchedTime(FakeTimeProvider time) : TimeProvider
{
    private readonly Channel<TimeSpan> _timers = Channel.CreateUnbounded<TimeSpan>();

    /// <inheritdoc />
    public override long TimestampFrequency => time.TimestampFrequency;

    /// <inheritdoc />
    public override DateTimeOffset GetUtcNow() => time.GetUtcNow();

    /// <inheritdoc />
    public override long GetTimestamp() => time.GetTimestamp();

    /// <inheritdoc />
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = time.CreateTimer(callback, state, dueTime, period);
        _timers.Writer.TryWrite(dueTime);
        return timer;
    }

    /// <summary>Moves the clock.</summary>
    /// <param name="step">How far.</param>
    public void Advance(TimeSpan step) => time.Advance(step);

    /// <summary>Waits until a timer of this length is set that has not been waited for.</summary>
    /// <param name="dueTime">The length.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task SetAsync(TimeSpan dueTime, CancellationToken cancellationToken)
    {
        while (await _timers.Reader.ReadAsync(cancellationToken) != dueTime)
        {
        }
    }
}
