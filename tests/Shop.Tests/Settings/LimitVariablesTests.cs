using Microsoft.Extensions.DependencyInjection;
using OrleansLimiter.Configuration;
using OrleansLimiter.ServiceKit;
using OrleansLimiter.Shop.Settings;
using Xunit;

namespace OrleansLimiter.Shop.Tests.Settings;

/// <summary>Variables that change the limits of the shop's routes.</summary>
public class LimitVariablesTests
{
    [Fact]
    public void Login_variables_set_the_pair_and_raise_account_and_address_where_they_would_undercut_it()
    {
        var settings = Load(("LOGIN_RATE_LIMIT_WINDOW_SECONDS", "60"), ("LOGIN_RATE_LIMIT_MAX_REQUESTS", "50"));
        Assert.Equal("slidingWindowCounter;50/60000000/50", Spec(settings, "login-account-ip"));
        Assert.Equal("slidingWindowCounter;200/60000000/200", Spec(settings, "login-account"));
        Assert.Equal("slidingWindowCounter;1000/60000000/1000", Spec(settings, "login-ip"));
    }

    [Theory]
    [InlineData("LOGIN_IP", "login-ip", "slidingWindowCounter;700/30000000/700")]
    [InlineData("SIGNUP", "signup-ip", "tokenBucket;700/30000000/700")]
    [InlineData("REFRESH", "refresh-ip", "tokenBucket;700/30000000/700")]
    [InlineData("BROWSE", "browse-ip", "tokenBucket;700/30000000/700")]
    [InlineData("DRAW", "draw-ip", "tokenBucket;700/30000000/700")]
    [InlineData("JOIN", "join-ip", "slidingWindowCounter;700/30000000/700")]
    public void What_an_office_behind_one_address_may_have_to_raise_has_a_variable_without_hyphens(
        string prefix, string policy, string spec)
    {
        var settings = Load(($"{prefix}_RATE_LIMIT_MAX_REQUESTS", "700"), ($"{prefix}_RATE_LIMIT_WINDOW_SECONDS", "30"));
        Assert.Equal(spec, Spec(settings, policy));
    }

    [Fact]
    public void Joins_per_address_are_limited_only_where_a_variable_says_so()
    {
        Assert.False(Load().Policies.TryGet("join-ip", out _));
        Assert.Equal("slidingWindowCounter;3/3600000000/3", Spec(Load(("JOIN_RATE_LIMIT_MAX_REQUESTS", "3")), "join-ip"));
    }

    [Fact]
    public void Login_variables_never_lower_a_limit()
    {
        var settings = Load(("LOGIN_RATE_LIMIT_WINDOW_SECONDS", "3600"), ("LOGIN_RATE_LIMIT_MAX_REQUESTS", "2"));
        Assert.Equal("slidingWindowCounter;2/3600000000/2", Spec(settings, "login-account-ip"));
        Assert.Equal("slidingWindowCounter;20/60000000/20", Spec(settings, "login-account"));
        Assert.Equal("slidingWindowCounter;100/60000000/100", Spec(settings, "login-ip"));
    }

    [Fact]
    public void A_shorter_login_window_raises_account_and_address_to_its_rate()
    {
        var settings = Load(("LOGIN_RATE_LIMIT_WINDOW_SECONDS", "2"), ("LOGIN_RATE_LIMIT_MAX_REQUESTS", "3"));
        Assert.Equal("slidingWindowCounter;3/2000000/3", Spec(settings, "login-account-ip"));
        Assert.Equal("slidingWindowCounter;360/60000000/360", Spec(settings, "login-account"));
        Assert.Equal("slidingWindowCounter;1800/60000000/1800", Spec(settings, "login-ip"));
    }

    [Fact]
    public void A_rate_that_is_no_whole_number_is_raised_to_the_next()
    {
        var settings = Load(("LOGIN_RATE_LIMIT_WINDOW_SECONDS", "7"), ("LOGIN_RATE_LIMIT_MAX_REQUESTS", "5"));
        Assert.Equal("slidingWindowCounter;172/60000000/172", Spec(settings, "login-account"));
    }

    [Theory]
    [InlineData("BUY_TICKER")]
    [InlineData("BUY_TICKET")]
    public void Buy_variables_set_the_purchase_limit_under_either_name(string prefix)
    {
        var settings = Load(($"{prefix}_RATE_LIMIT_WINDOW_SECONDS", "10"), ($"{prefix}_RATE_LIMIT_MAX_REQUESTS", "3"));
        Assert.Equal("slidingWindowLog;3/10000000/3", Spec(settings, "buy-ticket"));
    }

    [Fact]
    public void Both_names_may_be_set_if_they_agree()
    {
        Assert.Equal(
            "slidingWindowLog;3/60000000/3",
            Spec(Load(("BUY_TICKER_RATE_LIMIT_MAX_REQUESTS", "3"), ("BUY_TICKET_RATE_LIMIT_MAX_REQUESTS", "3")),
                "buy-ticket"));
        Assert.Equal(
            ["BUY_TICKET_RATE_LIMIT_WINDOW_SECONDS is 7: it must equal BUY_TICKER_RATE_LIMIT_WINDOW_SECONDS, which is 5: both name one "
                + "setting."],
            ErrorsOf(("BUY_TICKER_RATE_LIMIT_WINDOW_SECONDS", "5"), ("BUY_TICKET_RATE_LIMIT_WINDOW_SECONDS", "7")));
    }

    [Theory]
    [InlineData("LOGIN_RATE_LIMIT_WINDOW_SECONDS", "0", "must be a whole number from 1 to 31,622,400 seconds")]
    [InlineData("LOGIN_RATE_LIMIT_WINDOW_SECONDS", "31622401", "must be a whole number from 1 to 31,622,400 seconds")]
    [InlineData("LOGIN_RATE_LIMIT_MAX_REQUESTS", "five", "must be a whole number from 1 to 1,000,000,000 requests")]
    [InlineData("LOGIN_RATE_LIMIT_MAX_REQUESTS", "-1", "must be a whole number from 1 to 1,000,000,000 requests")]
    [InlineData("BUY_TICKER_RATE_LIMIT_WINDOW_SECONDS", "60s", "must be a whole number from 1 to 31,622,400 seconds")]
    [InlineData("BUY_TICKET_RATE_LIMIT_MAX_REQUESTS", "1e3", "must be a whole number from 1 to 1,000,000,000 requests")]
    public void A_bad_value_stops_the_start_with_variable_value_and_rule(string variable, string value, string rule) =>
        Assert.Equal([$"{variable} is '{value}': it {rule}."], ErrorsOf((variable, value)));

    [Fact]
    public void A_value_that_the_policys_algorithm_cannot_do_is_named_by_its_variable() => Assert.Equal(
        ["BUY_TICKET_RATE_LIMIT_MAX_REQUESTS is 10001: it must be at most 10,000 for slidingWindowLog, which remembers every permit."],
        ErrorsOf(("BUY_TICKET_RATE_LIMIT_MAX_REQUESTS", "10001")));

    [Fact]
    public void A_login_limit_that_leaves_no_room_for_the_address_stops_the_start() => Assert.Equal(
        ["LOGIN_RATE_LIMIT_MAX_REQUESTS is 50000001: it must leave room for login-ip, which allows at least 20 times as many: that would "
            + "be 1000000020, above 1,000,000,000."],
        ErrorsOf(("LOGIN_RATE_LIMIT_MAX_REQUESTS", "50000001")));

    [Fact]
    public void An_empty_variable_is_not_set() => Assert.Equal(
        "slidingWindowLog;5/60000000/5",
        Spec(Load(("BUY_TICKER_RATE_LIMIT_MAX_REQUESTS", ""), ("BUY_TICKET_RATE_LIMIT_WINDOW_SECONDS", " ")),
            "buy-ticket"));

    [Fact]
    public void A_variable_wins_over_the_section()
    {
        var settings = Load(("Limiter:Policies:buy-ticket:Limit", "8"), ("BUY_TICKER_RATE_LIMIT_MAX_REQUESTS", "9"));
        Assert.Equal("slidingWindowLog;9/60000000/9", Spec(settings, "buy-ticket"));
    }

    [Fact]
    public void A_variable_for_a_policy_that_has_bandwidths_stops_the_start() => Assert.Equal(
        ["Limiter:Policies:buy-ticket:Bandwidths is set beside Limit, Window or Burst: it must stand alone: a policy has Limit and Window, "
            + "or Bandwidths."],
        ErrorsOf(
            ("Limiter:Policies:buy-ticket:Bandwidths:0:Limit", "8"), ("Limiter:Policies:buy-ticket:Bandwidths:0:Window", "8"),
            ("BUY_TICKER_RATE_LIMIT_MAX_REQUESTS", "9")));

    private static LimiterSettings Load(params (string Name, string Value)[] values)
    {
        var configuration = Configured.With(values);
        using var provider = new ServiceCollection().AddShopPolicies(configuration).AddLimiterCore(configuration).BuildServiceProvider();
        return provider.GetRequiredService<LimiterSettings>();
    }

    private static string[] ErrorsOf(params (string Name, string Value)[] values) =>
        Assert.Throws<LimiterConfigurationException>(() => Load(values)).Message.Split('\n');

    private static string Spec(LimiterSettings settings, string name)
    {
        Assert.True(settings.Policies.TryGet(name, out var policy), $"There is no policy {name}.");
        return policy.SpecFor("free").ToString();
    }
}
