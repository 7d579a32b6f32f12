namespace OrleansLimiter.Limiter.Tests;

public class TierTests
{
    [Theory]
    [InlineData("tokenBucket", "tokenBucket;10/60000000/10", "tokenBucket;10/60000000/20")]
    [InlineData("gcra", "gcra;10/60000000/10", "gcra;10/60000000/20")]
    [InlineData("leakyBucket", "leakyBucket;10/60000000/10", "leakyBucket;10/60000000/20")]
    [InlineData("fixedWindow", "fixedWindow;10/60000000/10", "fixedWindow;20/60000000/20")]
    [InlineData("slidingWindowCounter", "slidingWindowCounter;10/60000000/10", "slidingWindowCounter;20/60000000/20")]
    [InlineData("slidingWindowLog", "slidingWindowLog;10/60000000/10", "slidingWindowLog;20/60000000/20")]
    [InlineData("concurrency", "concurrency;10/60000000/10", "concurrency;20/60000000/20")]
    public void Pro_has_twice_the_burst_of_a_bucket_at_the_same_rate_and_twice_the_limit_of_all_others(
        string algorithm, string free, string pro)
    {
        var policy = Configured.Production([.. Configured.PolicyX, ("Limiter:Policies:x:Algorithm", algorithm)]).Policy("x");
        Assert.Equal(free, policy.SpecFor("free").ToString());
        Assert.Equal(pro, policy.SpecFor("pro").ToString());
    }

    [Fact]
    public void A_tier_scales_every_bandwidth_and_a_burst_that_is_set()
    {
        var policy = Configured.Production(
            ("Limiter:Policies:x:Algorithm", "tokenBucket"),
            ("Limiter:Policies:x:Bandwidths:0:Limit", "10"), ("Limiter:Policies:x:Bandwidths:0:Window", "1s"),
                ("Limiter:Policies:x:Bandwidths:0:Burst", "15"),
            ("Limiter:Policies:x:Bandwidths:1:Limit", "20"), ("Limiter:Policies:x:Bandwidths:1:Window", "60s")).Policy("x");
        Assert.Equal("tokenBucket;10/1000000/15;20/60000000/20", policy.SpecFor("free").ToString());
        Assert.Equal("tokenBucket;10/1000000/30;20/60000000/40", policy.SpecFor("pro").ToString());
    }

    [Fact]
    public void Other_tiers_have_their_own_multiplier()
    {
        var policy = Configured.Production(
            [.. Configured.PolicyX, ("Limiter:Tiers:gold:Multiplier", "7"), ("Limiter:Tiers:pro:Multiplier", "3")]).Policy("x");
        Assert.Equal(10, policy.SpecFor("free").Capacity);
        Assert.Equal(30, policy.SpecFor("pro").Capacity);
        Assert.Equal(70, policy.SpecFor("gold").Capacity);
        Assert.Throws<KeyNotFoundException>(() => policy.SpecFor("platinum"));
    }

    [Fact]
    public void A_policy_that_no_tier_scales_is_the_same_in_all()
    {
        var policy = Configured.Production([.. Configured.PolicyX, ("Limiter:Policies:x:ScaledByTier", "false")]).Policy("x");
        Assert.Same(policy.SpecFor("free"), policy.SpecFor("pro"));
    }

    [Theory]
    [InlineData("Limiter:Tiers:gold:Multiplier", "0",
        "Limiter:Tiers:gold:Multiplier is '0': it must be a whole number from 1 to 1,000,000.")]
    [InlineData("Limiter:Tiers:gold:Multiplier", "1.5",
        "Limiter:Tiers:gold:Multiplier is '1.5': it must be a whole number from 1 to 1,000,000.")]
    [InlineData("Limiter:Tiers:free:Multiplier", "2",
        "Limiter:Tiers:free:Multiplier is 2: it must be 1: in the tier free every policy holds as configured.")]
    [InlineData("Limiter:Tiers:gold_1:Multiplier", "2",
        "Limiter:Tiers:gold_1 is 'gold_1': it must be 1 to 64 characters of a-z, 0-9 and -.")]
    [InlineData("Limiter:Tiers:gold:Times", "2", "Limiter:Tiers:gold:Times is set: it is no setting; known here: Multiplier.")]
    [InlineData("Limiter:Tiers:gold", "2", "Limiter:Tiers:gold is a single value: it must hold settings.")]
    public void A_wrong_tier_stops_the_start(string setting, string value, string expected) =>
        Assert.Equal([expected], Configured.ProductionErrors((setting, value)));
}
