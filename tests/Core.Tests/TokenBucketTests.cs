using OrleansLimiter.Core.Algorithms;
using Xunit;

namespace OrleansLimiter.Core.Tests;

public sealed class TokenBucketTests
{
    [Fact]
    public void A_full_bucket_earns_no_credit_for_the_time_that_passes()
    {
        var key = new LiveKey(Algorithm.TokenBucket, 10, 1_000_000);

        // Less than it takes one permit to flow.
        key.Now = 99_999;

        Assert.Equal(100_000, key.Acquire().ResetAfter.Microseconds);
    }
}
