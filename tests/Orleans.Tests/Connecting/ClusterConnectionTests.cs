using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using OrleansLimiter.Engines.Orleans;
using OrleansLimiter.Engines.Orleans.Connecting;
using OrleansLimiter.TestKit;
using Xunit;

namespace OrleansLimiter.Orleans.Tests.Connecting;

/// <summary>The connection over hosts that do as they are told, by the fake clock.</summary>
public sealed class ClusterConnectionTests : IDisposable
{
    private readonly WatchedTime _time = new(new FakeTimeProvider());
    private readonly Lines _lines = new();
    private readonly ClusterGate _gate = new();
    private readonly Channel<ScriptedHost> _built = Channel.CreateUnbounded<ScriptedHost>();
    private readonly ClusterConnection _connection;
    private Exception? _buildFailure;

    public ClusterConnectionTests() =>
        _connection = new ClusterConnection(Build, _gate, _time, new KeylessLoggerFactory(_lines, _time).CreateLogger<ClusterConnection>());

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _connection.Dispose();

    [Fact]
    public async Task The_gate_opens_once_the_host_has_started_and_closes_before_it_is_stopped()
    {
        await _connection.StartAsync(Cancellation);
        var host = await NextAsync();
        await host.IsAsked.WaitAsync(Cancellation);
        Assert.Null(_gate.Grains);

        host.Start.SetResult();
        await host.IsWatched.WaitAsync(Cancellation);
        Assert.Same(host.Grains, _gate.Grains);

        await _connection.StopAsync(Cancellation);
        Assert.True(host.IsStopping.IsCompleted);
        Assert.Null(host.GateAtStop);
        Assert.True(host.IsDisposed.IsCompleted);
        Assert.Null(_gate.Grains);
        Assert.Equal(["Information"], Levels());
    }

    [Fact]
    public async Task A_host_that_cannot_start_is_built_anew_after_a_pause()
    {
        await _connection.StartAsync(Cancellation);
        var first = await NextAsync();
        first.Start.SetException(new InvalidOperationException("ol.limit/acme/default/joe is not reached"));
        await first.IsDisposed.WaitAsync(Cancellation);
        await _time.SetAsync(ClusterTimes.JoinRetry, Cancellation);
        Assert.True(first.IsStopping.IsCompleted);

        _time.Advance(ClusterTimes.JoinRetry - TimeSpan.FromTicks(1));
        Assert.False(_built.Reader.TryPeek(out _));
        _time.Advance(TimeSpan.FromTicks(1));
        var second = await NextAsync();
        second.Start.SetResult();
        await second.IsWatched.WaitAsync(Cancellation);

        Assert.Same(second.Grains, _gate.Grains);
        Assert.Equal(["Warning", "Information"], Levels());
        Assert.Contains("ol.limit/*** is not reached", _lines.All.First(), StringComparison.Ordinal);
        Assert.DoesNotContain(_lines.All, line => line.Contains("joe", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_host_that_cannot_even_be_built_is_tried_again()
    {
        _buildFailure = new InvalidOperationException("no");
        await _connection.StartAsync(Cancellation);
        await _time.SetAsync(ClusterTimes.JoinRetry, Cancellation);
        _buildFailure = null;

        _time.Advance(ClusterTimes.JoinRetry);

        await (await NextAsync()).IsAsked.WaitAsync(Cancellation);
        Assert.Equal(["Warning"], Levels());
    }

    [Fact]
    public async Task A_stop_ends_a_start_that_would_not_end()
    {
        await _connection.StartAsync(Cancellation);
        var host = await NextAsync();
        await host.IsAsked.WaitAsync(Cancellation);

        await _connection.StopAsync(Cancellation);

        Assert.True(host.IsDisposed.IsCompleted);
        Assert.Empty(_lines.All);
        Assert.False(_built.Reader.TryPeek(out _));
    }

    [Fact]
    public async Task A_host_that_ends_by_itself_is_built_anew()
    {
        await _connection.StartAsync(Cancellation);
        var first = await NextAsync();
        first.Start.SetResult();
        await first.IsWatched.WaitAsync(Cancellation);

        first.StopApplication();
        await first.IsDisposed.WaitAsync(Cancellation);
        Assert.Null(first.GateAtStop);
        Assert.Null(_gate.Grains);

        await _time.SetAsync(ClusterTimes.JoinRetry, Cancellation);
        _time.Advance(ClusterTimes.JoinRetry);
        var second = await NextAsync();
        second.Start.SetResult();
        await second.IsWatched.WaitAsync(Cancellation);
        Assert.Same(second.Grains, _gate.Grains);
    }

    [Fact]
    public async Task A_host_that_cannot_be_stopped_does_not_keep_the_next_from_being_built()
    {
        await _connection.StartAsync(Cancellation);
        var first = await NextAsync();
        first.Stop = _ => Task.FromException(new InvalidOperationException("ol.limit/acme/default/joe does not end"));
        first.Start.SetException(new InvalidOperationException("ol.limit/acme/default/joe does not start"));
        await first.IsDisposed.WaitAsync(Cancellation);

        await _time.SetAsync(ClusterTimes.JoinRetry, Cancellation);
        _time.Advance(ClusterTimes.JoinRetry);

        await (await NextAsync()).IsAsked.WaitAsync(Cancellation);
        Assert.Equal(["Warning"], Levels()); // the second is the first one's like
        Assert.DoesNotContain(_lines.All, line => line.Contains("joe", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_host_that_does_not_stop_is_given_up_after_20_seconds()
    {
        var patience = TimeSpan.FromSeconds(20);
        await _connection.StartAsync(Cancellation);
        var host = await NextAsync();
        host.Stop = token => Task.Delay(Timeout.InfiniteTimeSpan, token);
        host.Start.SetResult();
        await host.IsWatched.WaitAsync(Cancellation);

        var stop = _connection.StopAsync(Cancellation);
        await _time.SetAsync(patience, Cancellation);
        await host.IsStopping.WaitAsync(Cancellation);
        _time.Advance(patience - TimeSpan.FromTicks(1));
        Assert.False(stop.IsCompleted);
        _time.Advance(TimeSpan.FromTicks(1));

        await stop.WaitAsync(Cancellation);
        Assert.True(host.IsDisposed.IsCompleted);
    }

    [Fact]
    public async Task Disposal_alone_ends_the_host_and_builds_no_other()
    {
        await _connection.StartAsync(Cancellation);
        var host = await NextAsync();
        host.Start.SetResult();
        await host.IsWatched.WaitAsync(Cancellation);

        _connection.Dispose();

        await host.IsDisposed.WaitAsync(Cancellation);
        await _connection.ExecuteTask!.WaitAsync(Cancellation);
        Assert.Null(_gate.Grains);
        Assert.False(_built.Reader.TryPeek(out _));
    }

    private ScriptedHost Build()
    {
        if (_buildFailure is { } failure)
            throw failure;
        var host = new ScriptedHost(_gate);
        _built.Writer.TryWrite(host);
        return host;
    }

    private async Task<ScriptedHost> NextAsync() => await _built.Reader.ReadAsync(Cancellation);

    private IEnumerable<string> Levels() => _lines.All.Select(line => line.Split(' ')[0]);
}
