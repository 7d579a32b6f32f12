using Microsoft.Extensions.Time.Testing;
using OrleansLimiter.Hosting.Health;
using Xunit;

namespace OrleansLimiter.Api.Tests;

public sealed class DrainingTests
{
    [Fact]
    public async Task The_stop_waits_for_as_long_as_is_set()
    {
        var clock = new FakeTimeProvider();
        var stopping = new Draining(TimeSpan.FromSeconds(2), clock).StoppingAsync(TestContext.Current.CancellationToken);
        clock.Advance(TimeSpan.FromMilliseconds(1_999));
        Assert.False(stopping.IsCompleted);
        clock.Advance(TimeSpan.FromMilliseconds(1));
        await stopping;
    }

    [Fact]
    public async Task Who_has_no_more_time_to_stop_does_not_wait()
    {
        using var noTime = new CancellationTokenSource();
        var stopping = new Draining(TimeSpan.FromSeconds(2), new FakeTimeProvider()).StoppingAsync(noTime.Token);
        Assert.False(stopping.IsCompleted);
        await noTime.CancelAsync();
        await stopping;
    }
}
