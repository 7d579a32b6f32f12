using OrleansLimiter.Engines.Orleans.Connecting;
using Xunit;

namespace OrleansLimiter.Orleans.Tests.Connecting;

/// <summary>How the cluster's processes talk to Redis.</summary>
public sealed class RedisConnectingTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3_600)]
    public void A_Redis_that_was_away_however_long_is_tried_every_second(long attempts)
    {
        var retry = RedisConnecting.OptionsOf("localhost:6379").ReconnectRetryPolicy;

        Assert.False(retry.ShouldRetry(attempts, 999));
        Assert.True(retry.ShouldRetry(attempts, 1_000));
    }
}
