using OrleansLimiter.Shop.Data;
using OrleansLimiter.TestKit;
using Xunit;

namespace OrleansLimiter.Shop.Tests.Databases;

/// <summary>Who waits to write, and who is turned away.</summary>
public sealed class WriterQueueTests
{
    private static readonly TimeSpan Write = TimeSpan.FromMilliseconds(100);

    private readonly FakeTimeProvider _time = new();
    private readonly WriterQueue _queue;

    public WriterQueueTests() => _queue = new WriterQueue(1, _time);

    [Fact]
    public async Task New_work_is_turned_away_early_once_it_would_wait_too_long_at_the_pace_of_now()
    {
        await LearnPaceAsync();
        var first = await _queue.EnterAsync(isNew: true);
        var waiting = new List<Task<WriterTurn>>();
        var refusal = Assert.Throws<DatabaseBusyException>(() =>
        {
            while (waiting.Count <= WriterQueue.MostWaiting)
                waiting.Add(_queue.EnterAsync(isNew: true).AsTask());
        });

        // The others in front, at the pace of the last writes: more than 2 s.
        Assert.InRange(waiting.Count, 20, 30);
        Assert.Equal(3, refusal.RetryAfterSeconds);
        var began = _time.GetUtcNow();
        await EndAllAsync(first, waiting);
        Assert.InRange(_time.GetUtcNow() - began, TimeSpan.FromSeconds(1.9), WriterQueue.LongestWait + Write + Write);
    }

    [Fact]
    public async Task What_finishes_work_is_never_turned_away_and_goes_first()
    {
        await LearnPaceAsync();
        var first = await _queue.EnterAsync(isNew: true);
        var next = _queue.EnterAsync(isNew: true).AsTask();
        var finishing = Enumerable.Range(0, 2 * WriterQueue.MostWaiting).Select(_ => _queue.EnterAsync(isNew: false).AsTask()).ToList();
        await Assert.ThrowsAsync<DatabaseBusyException>(() => _queue.EnterAsync(isNew: true).AsTask());
        first.Dispose();
        foreach (var turn in finishing)
            (await turn).Dispose();
        (await next).Dispose();
    }

    [Fact]
    public async Task New_work_that_was_let_in_and_overtaken_is_turned_away_when_it_has_waited_too_long()
    {
        var first = await _queue.EnterAsync(isNew: true);
        var waiting = _queue.EnterAsync(isNew: true).AsTask();
        _time.Advance(WriterQueue.LongestWait + TimeSpan.FromMilliseconds(1));
        first.Dispose();
        await Assert.ThrowsAsync<DatabaseBusyException>(() => waiting);
        (await _queue.EnterAsync(isNew: true)).Dispose();
    }

    [Fact]
    public async Task A_write_that_hangs_turns_new_work_away_after_2_seconds()
    {
        var hanging = await _queue.EnterAsync(isNew: true);
        var waiting = _queue.EnterAsync(isNew: true).AsTask();
        _time.Advance(WriterQueue.LongestWait + TimeSpan.FromMilliseconds(1));
        await Assert.ThrowsAsync<DatabaseBusyException>(() => _queue.EnterAsync(isNew: true).AsTask());
        await Assert.ThrowsAsync<DatabaseBusyException>(() => waiting);
        hanging.Dispose();
        (await _queue.EnterAsync(isNew: true)).Dispose();
    }

    [Fact]
    public async Task Several_write_at_a_time_where_the_database_lets_them()
    {
        var queue = new WriterQueue(2, _time);
        var (one, two) = (await queue.EnterAsync(isNew: true), await queue.EnterAsync(isNew: true));
        var three = queue.EnterAsync(isNew: true).AsTask();
        Assert.False(three.IsCompleted);
        two.Dispose();
        (await three).Dispose();
        one.Dispose();
    }

    /// <summary>A few writes that take equally long.</summary>
    private async Task LearnPaceAsync()
    {
        for (var i = 0; i < 100; i++)
        {
            using var turn = await _queue.EnterAsync(isNew: true);
            _time.Advance(Write);
        }
    }

    private async Task EndAllAsync(WriterTurn first, List<Task<WriterTurn>> waiting)
    {
        _time.Advance(Write);
        first.Dispose();
        foreach (var turn in waiting)
        {
            try
            {
                var writing = await turn;
                _time.Advance(Write);
                writing.Dispose();
            }
            catch (DatabaseBusyException)
            {
                return; // the last may have waited a little longer than was foreseen
            }
        }
    }
}
