using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Clustering.Redis;
using OrleansLimiter.TestKit;
using StackExchange.Redis;
using Xunit;

namespace OrleansLimiter.Silo.Tests.Lists;

/// <summary>When a silo ends itself for the list's sake.</summary>
public sealed class MembershipWatchTests : IDisposable
{
    private readonly WatchedTime _time = new(new FakeTimeProvider());
    private readonly ScriptedList _list = new ScriptedList().Know(SiloStatus.Active, 7);
    private readonly TaskCompletionSource<string> _ended = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly MembershipWatch _watch;

    public MembershipWatchTests() => _watch = new MembershipWatch(
        new ListedSilo(_list, _list, _list), _ended.SetResult, _time, NullLogger<MembershipWatch>.Instance, _stopping.Token);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _watch.Dispose();
        _stopping.Dispose();
    }

    [Fact]
    public async Task Three_looks_in_vain_end_the_silo_three_seconds_after_the_loss()
    {
        await _watch.StartAsync(Cancellation);
        for (var look = 1; look <= 3; look++)
        {
            Assert.False(_ended.Task.IsCompleted);
            await LookAsync(() => _list.Fail(new RedisClusteringException("missing")));
        }

        Assert.Contains("is lost", await _ended.Task.WaitAsync(Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_silo_that_was_voted_out_ends_and_says_so()
    {
        await _watch.StartAsync(Cancellation);
        for (var look = 1; look <= 3; look++)
            await LookAsync(() => _list.Say(SiloStatus.Dead, 8));

        Assert.Contains("voted this silo out", await _ended.Task.WaitAsync(Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_silo_lives_on_while_Redis_is_away_however_long()
    {
        await _watch.StartAsync(Cancellation);
        for (var look = 0; look < 1_000; look++)
            await LookAsync(() => _list.Fail(
                new RedisConnectionException(ConnectionFailureType.UnableToConnect, CommandFlags.None, "away")));

        Assert.False(_ended.Task.IsCompleted);
    }

    [Fact]
    public async Task A_read_that_gets_no_answer_is_given_up_and_says_nothing()
    {
        await _watch.StartAsync(Cancellation);
        await LookAsync(() => { });
        await _time.SetAsync(TimeSpan.FromSeconds(2), Cancellation);
        _time.Advance(TimeSpan.FromSeconds(2));

        for (var look = 0; look < 2; look++)
            await LookAsync(() => _list.SayAbsent(7));
        Assert.False(_ended.Task.IsCompleted);
        await LookAsync(() => _list.SayAbsent(7));
        await _ended.Task.WaitAsync(Cancellation);
    }

    [Fact]
    public async Task A_look_that_finds_the_silo_begins_the_count_anew_and_one_that_says_nothing_does_not()
    {
        await _watch.StartAsync(Cancellation);
        foreach (var finds in (Action[])[Absent, Absent, Listed, Absent, Away, Absent, Away])
            await LookAsync(finds);
        Assert.False(_ended.Task.IsCompleted);

        await LookAsync(Absent);
        await _ended.Task.WaitAsync(Cancellation);

        void Absent() => _list.SayAbsent(7);
        void Listed() => _list.Say(SiloStatus.Active, 7);
        void Away() => _list.Fail(new TimeoutException());
    }

    [Fact]
    public async Task A_silo_that_begins_to_stop_is_not_ended()
    {
        await _watch.StartAsync(Cancellation);
        await LookAsync(() => _list.SayAbsent(7));
        await LookAsync(() => _list.SayAbsent(7));
        await LookAsync(() => { });

        await _stopping.CancelAsync();
        _list.SayAbsent(7);

        await _watch.ExecuteTask!.WaitAsync(Cancellation);
        Assert.False(_ended.Task.IsCompleted);
    }

    /// <summary>Has the watch look once, and find what was arranged.</summary>
    private async Task LookAsync(Action arrange)
    {
        await _time.SetAsync(MembershipWatch.Period, Cancellation);
        arrange();
        _time.Advance(MembershipWatch.Period);
        await _list.ReadAsync(Cancellation);
    }
}
