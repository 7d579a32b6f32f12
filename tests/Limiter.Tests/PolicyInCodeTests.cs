using OrleansLimiter.Configuration;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Tenants;

namespace OrleansLimiter.Limiter.Tests;

/// <summary>Policies that code adds are those that configuration would make.</summary>
public class PolicyInCodeTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Theory]
    [InlineData(Algorithm.TokenBucket, "tokenBucket;10/60000000/10")]
    [InlineData(Algorithm.Gcra, "gcra;10/60000000/10")]
    [InlineData(Algorithm.FixedWindow, "fixedWindow;10/60000000/10")]
    [InlineData(Algorithm.SlidingWindowCounter, "slidingWindowCounter;10/60000000/10")]
    [InlineData(Algorithm.SlidingWindowLog, "slidingWindowLog;10/60000000/10")]
    [InlineData(Algorithm.LeakyBucket, "leakyBucket;10/60000000/10")]
    [InlineData(Algorithm.Concurrency, "concurrency;10/60000000/10")]
    public void Every_algorithm_has_its_word(Algorithm algorithm, string spec) => Assert.Equal(spec, SpecOf(policy => _ = algorithm switch
    {
        Algorithm.TokenBucket => policy.TokenBucket(10, Minute),
        Algorithm.Gcra => policy.Gcra(10, Minute),
        Algorithm.FixedWindow => policy.FixedWindow(10, Minute),
        Algorithm.SlidingWindowCounter => policy.SlidingWindow(10, Minute),
        Algorithm.SlidingWindowLog => policy.SlidingWindowLog(10, Minute),
        Algorithm.LeakyBucket => policy.LeakyBucket(10, Minute),
        _ => policy.Concurrency(10, Minute),
    }));

    [Fact]
    public void A_burst_is_that_of_the_bandwidth_before_it()
    {
        Assert.Equal("tokenBucket;10/60000000/30", SpecOf(policy => policy.TokenBucket(10, Minute).Burst(30)));
        Assert.Equal(
            "tokenBucket;5/1000000/5;10/60000000/20",
            SpecOf(policy => policy.TokenBucket(5, TimeSpan.FromSeconds(1)).And(10, Minute).Burst(20)));
    }

    [Fact]
    public void The_rest_is_said_too_and_the_name_is_found_in_any_case()
    {
        var settings = Loaded(options => options
            .AddPolicy("Orders", policy => policy.Gcra(1, Minute).By("user+ip").WhenUnavailable(OnUnavailable.Deny).Shadow())
            .AddPolicy("plain", policy => policy.Gcra(1, Minute)));
        Assert.Equal(("user+ip", OnUnavailable.Deny, true), Rest("orders"));
        Assert.Equal((null, OnUnavailable.Local, false), Rest("plain"));

        (string?, OnUnavailable, bool) Rest(string name) =>
            settings.Policy(name) is var policy ? (policy.KeyRecipe, policy.OnUnavailable, policy.IsShadow) : default;
    }

    [Fact]
    public void Code_has_its_say_after_configuration()
    {
        var settings = Configured.Load(
            Configured.From(Configured.PolicyX), isDevelopment: false, options => options.AddPolicy("x", policy => policy.Gcra(3, Minute)));
        Assert.Equal("gcra;3/60000000/3", settings.Policy("x").SpecFor(Tenant.FreeTier).ToString());
    }

    [Fact]
    public void What_is_out_of_bounds_or_left_out_ends_the_start_with_all_the_rest()
    {
        var wrong = Assert.Throws<LimiterConfigurationException>(() => Loaded(options => options
            .AddPolicy("a", policy => policy.TokenBucket(0, Minute))
            .AddPolicy("b", policy => policy.Concurrency(1, Minute).And(2, Minute))
            .AddPolicy("c", policy => policy.By("ip"))));
        var fields = wrong.Failures.Select(failure => failure.Split(' ')[0]).ToList();
        Assert.Contains("Limiter:Policies:a:Limit", fields);
        Assert.Contains("Limiter:Policies:b:Bandwidths", fields);
        Assert.Contains("Limiter:Policies:c:Algorithm", fields);
    }

    [Fact]
    public void What_contradicts_itself_is_named()
    {
        Assert.Equal(
            "The policy 'x' counts by gcra already: And(...) adds a bandwidth.",
            Wrong(policy => policy.Gcra(1, Minute).TokenBucket(1, Minute)));
        Assert.Equal("The policy 'x' counts by nothing yet: name an algorithm before Burst(...).", Wrong(policy => policy.Burst(1)));
        Assert.Equal("The policy 'x' counts by nothing yet: name an algorithm before And(...).", Wrong(policy => policy.And(1, Minute)));
        Assert.Throws<ArgumentException>(() => new LimiterOptions().AddPolicy("", _ => { }));

        static string Wrong(Action<LimitPolicyBuilder> configure) =>
            Assert.Throws<InvalidOperationException>(() => new LimiterOptions().AddPolicy("x", configure)).Message;
    }

    private static string SpecOf(Action<LimitPolicyBuilder> configure) =>
        Loaded(options => options.AddPolicy("x", configure)).Policy("x").SpecFor(Tenant.FreeTier).ToString();

    private static LimiterSettings Loaded(Action<LimiterOptions> configure) =>
        Configured.Load(Configured.From(), isDevelopment: false, configure);
}
