using OrleansLimiter.Core.Algorithms;

namespace OrleansLimiter.Limiter.Tests;

public class PolicySettingsTests
{
    private const string Known =
        "known here: FrontEnds, MaxKeys, MaxKeysPerTenant, MaxOwnKeys, Deadline, MaxInFlight, ChargesPerSecond, Breaker, Application, "
        + "PublicTenant, Tiers, Policies, TrustedProxies, ForwardedHeader, LegacyHeaders";

    [Theory]
    [InlineData("Algorithm", "bucket",
        "Limiter:Policies:x:Algorithm is 'bucket': it must be one of tokenBucket, gcra, fixedWindow, slidingWindowCounter, "
        + "slidingWindowLog, leakyBucket, concurrency.")]
    [InlineData("Algorithm", null,
        "Limiter:Policies:x:Algorithm is not set: it must be one of tokenBucket, gcra, fixedWindow, slidingWindowCounter, "
        + "slidingWindowLog, leakyBucket, concurrency.")]
    [InlineData("Limit", "0", "Limiter:Policies:x:Limit is '0': it must be a whole number from 1 to 1,000,000,000 permits.")]
    [InlineData("Limit", "-5", "Limiter:Policies:x:Limit is '-5': it must be a whole number from 1 to 1,000,000,000 permits.")]
    [InlineData("Limit", "1000000001",
        "Limiter:Policies:x:Limit is '1000000001': it must be a whole number from 1 to 1,000,000,000 permits.")]
    [InlineData("Limit", "99999999999999999999",
        "Limiter:Policies:x:Limit is '99999999999999999999': it must be a whole number from 1 to 1,000,000,000 permits.")]
    [InlineData("Limit", "1.5", "Limiter:Policies:x:Limit is '1.5': it must be a whole number from 1 to 1,000,000,000 permits.")]
    [InlineData("Limit", "ten", "Limiter:Policies:x:Limit is 'ten': it must be a whole number from 1 to 1,000,000,000 permits.")]
    [InlineData("Limit", null, "Limiter:Policies:x:Limit is not set: it must be a whole number from 1 to 1,000,000,000 permits.")]
    [InlineData("Limit:Value", "5", "Limiter:Policies:x:Limit is a section: it must be a whole number from 1 to 1,000,000,000 permits.")]
    [InlineData("Burst", "0", "Limiter:Policies:x:Burst is '0': it must be a whole number from 1 to 1,000,000,000 permits.")]
    [InlineData("Window", "soon",
        "Limiter:Policies:x:Window is 'soon': it must be a time span such as 00:01:00, a whole number with its unit (500ms, 60s, 10m, 1h, "
        + "1d), or a whole number of seconds, from 1 millisecond to 366 days.")]
    [InlineData("Window", "367d",
        "Limiter:Policies:x:Window is '367d': it must be a time span such as 00:01:00, a whole number with its unit (500ms, 60s, 10m, 1h, "
        + "1d), or a whole number of seconds, from 1 millisecond to 366 days.")]
    [InlineData("Window", null,
        "Limiter:Policies:x:Window is not set: it must be a time span such as 00:01:00, a whole number with its unit (500ms, 60s, 10m, 1h, "
        + "1d), or a whole number of seconds, from 1 millisecond to 366 days.")]
    [InlineData("Window", "00:00:01.0000001", "Limiter:Policies:x:Window is 00:00:01.0000001: it must be whole microseconds.")]
    [InlineData("OnUnavailable", "block", "Limiter:Policies:x:OnUnavailable is 'block': it must be one of local, allow, deny.")]
    [InlineData("OnUnavailable", "1", "Limiter:Policies:x:OnUnavailable is '1': it must be one of local, allow, deny.")]
    [InlineData("OnUnavailable", "local,deny", "Limiter:Policies:x:OnUnavailable is 'local,deny': it must be one of local, allow, deny.")]
    [InlineData("Shadow", "yes", "Limiter:Policies:x:Shadow is 'yes': it must be true or false.")]
    [InlineData("Internal", "1", "Limiter:Policies:x:Internal is '1': it must be true or false.")]
    [InlineData("ScaledByTier", "on", "Limiter:Policies:x:ScaledByTier is 'on': it must be true or false.")]
    [InlineData("Key:0", "ip", "Limiter:Policies:x:Key is a section: it must be a single text.")]
    [InlineData("Tiers", "pro", "Limiter:Policies:x:Tiers is 'pro': it must be a list: Tiers:0, Tiers:1 and so on.")]
    [InlineData("Tiers:0", "gold", "Limiter:Policies:x:Tiers:0 is 'gold': it must be a tier: free, pro.")]
    [InlineData("Tenants:0", "acme", "Limiter:Policies:x:Tenants:0 is 'acme': it must be a configured tenant, or public.")]
    [InlineData("Bandwidths", "2", "Limiter:Policies:x:Bandwidths is a single value: it must hold sections.")]
    [InlineData("Bandwidths:0", "2", "Limiter:Policies:x:Bandwidths:0 is a single value: it must hold settings.")]
    [InlineData("Limt", "5", "Limiter:Policies:x:Limt is set: it is no setting; the nearest is Limiter:Policies:x:Limit.")]
    public void A_wrong_setting_of_a_policy_is_named_with_its_value_and_its_rule(string setting, string? value, string expected) =>
        Assert.Equal([expected], Configured.ProductionErrors([.. Configured.PolicyX, ($"Limiter:Policies:x:{setting}", value)]));

    [Theory]
    [InlineData("MaxKey", "the nearest is Limiter:MaxKeys")]
    [InlineData("PublicTenants:Enabled", "the nearest is Limiter:PublicTenant")]
    [InlineData("TrustedProxy:0", Known)]
    [InlineData("Tenants:0:Name", Known)]
    [InlineData("Breaker:Paus", "the nearest is Limiter:Breaker:Pause")]
    [InlineData("Tiers:pro:Multiplyer", "the nearest is Limiter:Tiers:pro:Multiplier")]
    [InlineData("Policies:queue-user:Kye", "the nearest is Limiter:Policies:queue-user:Key")]
    public void A_setting_of_the_limiter_that_nobody_reads_stops_the_start_with_the_nearest_one(string setting, string known)
    {
        var error = Assert.Single(Configured.ProductionErrors(($"Limiter:{setting}", "true")));
        Assert.StartsWith("Limiter:", error, StringComparison.Ordinal);
        Assert.EndsWith($" is set: it is no setting; {known}.", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("fixedWindow", "Limiter:Policies:x:Burst is 5: it may be set for tokenBucket, gcra and leakyBucket only.")]
    [InlineData("slidingWindowLog", "Limiter:Policies:x:Burst is 5: it may be set for tokenBucket, gcra and leakyBucket only.")]
    [InlineData("concurrency", "Limiter:Policies:x:Burst is 5: it may be set for tokenBucket, gcra and leakyBucket only.")]
    public void A_burst_without_a_bucket_stops_the_start(string algorithm, string expected) =>
        Assert.Equal(
            [expected],
            Configured.ProductionErrors([.. Configured.PolicyX, ("Limiter:Policies:x:Algorithm", algorithm),
                ("Limiter:Policies:x:Burst", "5")]));

    [Fact]
    public void A_log_that_would_be_too_long_stops_the_start() => Assert.Equal(
        ["Limiter:Policies:x:Limit is 10001: it must be at most 10,000 for slidingWindowLog, which remembers every permit."],
        Configured.ProductionErrors([.. Configured.PolicyX, ("Limiter:Policies:x:Algorithm", "slidingWindowLog"),
            ("Limiter:Policies:x:Limit", "10001")]));

    [Fact]
    public void A_window_without_a_tick_stops_the_start()
    {
        var error = Assert.Single(Configured.ProductionErrors(
            [
                .. Configured.PolicyX, ("Limiter:Policies:x:Limit", "999999937"), ("Limiter:Policies:x:Window", "366.00:00:00"),
                ("Limiter:Tiers:pro:Multiplier", "1"),
            ]));
        Assert.StartsWith("Limiter:Policies:x:Window is 366.00:00:00 with 999999937 permits: it must keep permits times window under 2^53",
            error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_policy_that_is_out_of_bounds_in_one_tier_only_stops_the_start() => Assert.Equal(
        [
            "Limiter:Policies:log:Limit is 12000 in tier pro: it must be at most 10,000 for slidingWindowLog, which remembers every "
                + "permit.",
            "Limiter:Policies:x:Burst is 1200000000 in tier pro: it must be from 1 to 1,000,000,000 permits.",
        ],
        Configured.ProductionErrors(
            [
                .. Configured.PolicyX, ("Limiter:Policies:x:Limit", "600000000"),
                ("Limiter:Policies:log:Algorithm", "slidingWindowLog"), ("Limiter:Policies:log:Limit", "6000"),
                    ("Limiter:Policies:log:Window", "1h"),
            ]));

    [Fact]
    public void A_policy_has_either_a_limit_or_bandwidths() => Assert.Equal(
        ["Limiter:Policies:x:Bandwidths is set beside Limit, Window or Burst: it must stand alone: a policy has Limit and Window, or "
            + "Bandwidths."],
        Configured.ProductionErrors([.. Configured.PolicyX, ("Limiter:Policies:x:Bandwidths:0:Limit", "5"),
            ("Limiter:Policies:x:Bandwidths:0:Window", "1s")]));

    [Fact]
    public void Every_wrong_bandwidth_is_named() => Assert.Equal(
        [
            "Limiter:Policies:x:Bandwidths:1:Limit is 'many': it must be a whole number from 1 to 1,000,000,000 permits.",
            "Limiter:Policies:x:Bandwidths:1:Widow is set: it is no setting; the nearest is Limiter:Policies:x:Bandwidths:1:Window.",
            "Limiter:Policies:x:Bandwidths:1:Window is not set: it must be a time span such as 00:01:00, a whole number with its unit "
                + "(500ms, 60s, 10m, 1h, 1d), or a whole number of seconds, from 1 millisecond to 366 days.",
        ],
        Configured.ProductionErrors(
            ("Limiter:Policies:x:Algorithm", "gcra"),
            ("Limiter:Policies:x:Bandwidths:0:Limit", "5"), ("Limiter:Policies:x:Bandwidths:0:Window", "1s"),
            ("Limiter:Policies:x:Bandwidths:1:Limit", "many"), ("Limiter:Policies:x:Bandwidths:1:Widow", "1s")));

    [Fact]
    public void Bandwidths_that_the_algorithm_cannot_do_are_each_named_where_they_stand() => Assert.Equal(
        [
            "Limiter:Policies:x:Bandwidths:0:Burst is 7: it may be set for tokenBucket, gcra and leakyBucket only.",
            "Limiter:Policies:x:Bandwidths:1:Limit is 20000: it must be at most 10,000 for slidingWindowLog, which remembers every permit.",
        ],
        Configured.ProductionErrors(
            ("Limiter:Policies:x:Algorithm", "slidingWindowLog"),
            ("Limiter:Policies:x:Bandwidths:0:Limit", "5"), ("Limiter:Policies:x:Bandwidths:0:Window", "1s"),
                ("Limiter:Policies:x:Bandwidths:0:Burst", "7"),
            ("Limiter:Policies:x:Bandwidths:1:Limit", "20000"), ("Limiter:Policies:x:Bandwidths:1:Window", "60")));

    [Fact]
    public void A_ninth_bandwidth_stops_the_start()
    {
        var nine = Enumerable.Range(0, 9).SelectMany<int, (string, string?)>(i =>
            [($"Limiter:Policies:x:Bandwidths:{i}:Limit", "5"), ($"Limiter:Policies:x:Bandwidths:{i}:Window", $"{i + 1}s")]);
        Assert.Equal(
            ["Limiter:Policies:x:Bandwidths is 9: it must hold 1 to 8 bandwidths."],
            Configured.ProductionErrors([("Limiter:Policies:x:Algorithm", "tokenBucket"), .. nine]));
    }

    [Theory]
    [InlineData("leakyBucket")]
    [InlineData("concurrency")]
    public void A_second_bandwidth_where_one_is_the_rule_stops_the_start(string algorithm) => Assert.Equal(
        [$"Limiter:Policies:x:Bandwidths is 2: it must hold exactly 1 bandwidth for {algorithm}."],
        Configured.ProductionErrors(
            ("Limiter:Policies:x:Algorithm", algorithm),
            ("Limiter:Policies:x:Bandwidths:0:Limit", "5"), ("Limiter:Policies:x:Bandwidths:0:Window", "1s"),
            ("Limiter:Policies:x:Bandwidths:1:Limit", "9"), ("Limiter:Policies:x:Bandwidths:1:Window", "9s")));

    [Fact]
    public void A_name_that_is_none_stops_the_start() => Assert.Equal(
        ["Limiter:Policies:my_policy is 'my_policy': it must be 1 to 64 characters of a-z, 0-9 and -."],
        Configured.ProductionErrors(
            ("Limiter:Policies:my_policy:Algorithm", "gcra"), ("Limiter:Policies:my_policy:Limit", "1"),
                ("Limiter:Policies:my_policy:Window", "1s")));

    [Fact]
    public void A_policy_that_is_a_single_value_stops_the_start() => Assert.Equal(
        ["Limiter:Policies:x is a single value: it must hold settings."],
        Configured.ProductionErrors(("Limiter:Policies:x", "10 per minute")));

    [Fact]
    public void All_errors_come_at_once() => Assert.Equal(
        [
            "Limiter:FrontEnds is '0': it must be a whole number from 1 to 10,000.",
            "Limiter:MaxKeys is 'lots': it must be a whole number from 1 to 100,000,000 keys.",
            "Limiter:PublicTenant:Enabled is 'maybe': it must be true or false.",
            "Limiter:Policies:a:Limit is 'x': it must be a whole number from 1 to 1,000,000,000 permits.",
            "Limiter:PublicTenant:Tier is 'gold': it must be a tier: free, pro.",
            "Tenants:0:Name is not set: it must be 1 to 64 characters of a-z, 0-9 and -.",
            "Limiter:Policies:a:Algorithm is not set: it must be one of tokenBucket, gcra, fixedWindow, slidingWindowCounter, "
                + "slidingWindowLog, leakyBucket, concurrency.",
            "Limiter:Policies:a:Window is not set: it must be a time span such as 00:01:00, a whole number with its unit (500ms, 60s, 10m, "
                + "1h, 1d), or a whole number of seconds, from 1 millisecond to 366 days.",
        ],
        Configured.ProductionErrors(
            ("Limiter:FrontEnds", "0"), ("Limiter:MaxKeys", "lots"), ("Limiter:PublicTenant:Enabled", "maybe"),
                ("Limiter:PublicTenant:Tier", "gold"),
            ("Limiter:Policies:a:Limit", "x"), ("Tenants:0:KeySha256", Keys.HashOf(Keys.Acme))));

    [Fact]
    public void A_message_repeats_the_first_hundred_characters_of_a_long_value_only() => Assert.Equal(
        [$"Limiter:Policies:x:Shadow is '{new string('a', 100)}...': it must be true or false."],
        Configured.ProductionErrors([.. Configured.PolicyX, ("Limiter:Policies:x:Shadow", new string('a', 5000))]));

    [Fact]
    public void A_policy_is_as_configured()
    {
        var policy = Configured.Production(
            [
                .. Configured.PolicyX,
                ("Limiter:Policies:x:Burst", "25"), ("Limiter:Policies:x:OnUnavailable", "Deny"), ("Limiter:Policies:x:Shadow", "true"),
                ("Limiter:Policies:x:Internal", "True"), ("Limiter:Policies:x:Key", "user+ip"),
            ]).Policy("x");
        Assert.Equal("x", policy.Name);
        Assert.Equal(Algorithm.TokenBucket, policy.Algorithm);
        Assert.Equal("tokenBucket;10/60000000/25", policy.SpecFor("free").ToString());
        Assert.Equal(policy.SpecFor("free").Version, policy.Version);
        Assert.Equal(OnUnavailable.Deny, policy.OnUnavailable);
        Assert.True(policy.IsShadow);
        Assert.True(policy.IsInternal);
        Assert.Equal("user+ip", policy.KeyRecipe);
    }

    [Fact]
    public void A_policy_that_says_no_more_than_it_must_is_local_open_and_counts_in_earnest()
    {
        var settings = Configured.Production([.. Configured.PolicyX, ("Limiter:PublicTenant:Enabled", "true")]);
        var policy = settings.Policy("x");
        Assert.Equal(OnUnavailable.Local, policy.OnUnavailable);
        Assert.False(policy.IsShadow);
        Assert.False(policy.IsInternal);
        Assert.Null(policy.KeyRecipe);
        Assert.True(settings.Tenants.TryFind(null, out var tenant));
        Assert.True(policy.IsOpenTo(tenant));
    }

    [Fact]
    public void Names_of_policies_and_tiers_may_be_written_in_upper_case_as_environment_variables_are()
    {
        var settings = Configured.Production(
            ("Limiter:Policies:MY-POLICY:ALGORITHM", "FIXEDWINDOW"), ("Limiter:Policies:MY-POLICY:LIMIT", "3"),
                ("Limiter:Policies:MY-POLICY:WINDOW", "1h"),
            ("Limiter:Tiers:GOLD:MULTIPLIER", "5"));
        Assert.Equal("fixedWindow;15/3600000000/15", settings.Policy("my-policy").SpecFor("gold").ToString());
    }

    [Theory]
    [InlineData("MY-policy")]
    [InlineData("my-policy")]
    public void A_policy_is_found_by_the_name_that_configuration_gave_it(string name) => Assert.Equal(
        "my-policy",
        Configured.Production(("Limiter:Policies:My-Policy:Algorithm", "gcra"), ("Limiter:Policies:My-Policy:Limit", "3"),
            ("Limiter:Policies:My-Policy:Window", "1h")).Policy(name).Name);

    [Fact]
    public void A_tier_is_found_by_the_name_that_configuration_gave_it()
    {
        var settings = Configured.Production(
            [
                .. Configured.PolicyX, ("Limiter:Tiers:Gold:Multiplier", "5"), ("Limiter:Policies:x:Tiers:0", "Gold"),
                    ("Limiter:PublicTenant:Tier", "GOLD"), ("Limiter:PublicTenant:Enabled", "true"),
                ("Tenants:0:Name", "acme"), ("Tenants:0:Tier", "Gold"), ("Tenants:0:KeySha256", Keys.HashOf(Keys.Acme)),
            ]);
        Assert.True(settings.Tenants.TryFind(Keys.Acme, out var tenant));
        Assert.True(settings.Policy("x").IsOpenTo(tenant));
    }

    [Fact]
    public void A_value_without_content_is_not_set() => Assert.Equal(
        "tokenBucket;10/60000000/10",
        Configured.Production([.. Configured.PolicyX, ("Limiter:Policies:x:Burst", ""), ("Limiter:Policies:x:Shadow", null)]).Policy("x")
            .SpecFor("free").ToString());

    [Fact]
    public void Code_may_add_and_change_policies_and_is_held_to_the_same_rules()
    {
        var settings = Configured.Load(
            Configured.From(Configured.PolicyX), isDevelopment: false,
            options =>
            {
                options.Policies["x"].Limit = 11;
                options.Policies["y"] = new PolicyOptions
                {
                    Algorithm = Algorithm.Gcra,
                    Bandwidths = { new() { Limit = 1, Window = TimeSpan.FromSeconds(2) } }
                };
            });
        Assert.Equal("tokenBucket;11/60000000/11", settings.Policy("x").SpecFor("free").ToString());
        Assert.Equal("gcra;1/2000000/1", settings.Policy("y").SpecFor("free").ToString());

        var thrown = Assert.Throws<LimiterConfigurationException>(() => Configured.Load(
            Configured.From(), isDevelopment: false,
            options =>
            {
                options.FrontEnds = 10_001;
                options.MaxKeys = 0;
                options.Tiers.Remove("free");
                options.Policies.Clear();
                options.Policies["Y_z"] = new PolicyOptions
                {
                    Algorithm = Algorithm.Gcra,
                    Limit = 0,
                    Window = TimeSpan.Zero,
                    OnUnavailable = (OnUnavailable)9,
                };
                options.Policies["z"] = new PolicyOptions { Algorithm = Algorithm.Gcra, Limit = 0, Window = TimeSpan.FromSeconds(1) };
                options.Tenants.Add(new TenantOptions { Name = "acme", KeySha256 = "12" });
            }));
        Assert.Equal(
            [
                "Limiter:FrontEnds is 10001: it must be a whole number from 1 to 10,000.",
                "Limiter:MaxKeys is 0: it must be a whole number from 1 to 100,000,000 keys.",
                "Limiter:Tiers:free is not there: it must stay: the service's own routes are in it.",
                "Limiter:PublicTenant:Tier is 'free': it must be a tier: pro.",
                "Tenants:0:Tier is 'free': it must be a tier: pro.",
                "Tenants:0:KeySha256 is (hidden): it must be the SHA-256 of a key, 64 hexadecimal digits.",
                "Limiter:Policies:y_z:OnUnavailable is 9: it must be one of local, allow, deny.",
                "Limiter:Policies:y_z:Limit is 0: it must be from 1 to 1,000,000,000 permits.",
                "Limiter:Policies:y_z is 'y_z': it must be 1 to 64 characters of a-z, 0-9 and -.",
                "Limiter:Policies:z:Limit is 0: it must be from 1 to 1,000,000,000 permits.",
            ],
            thrown.Failures);
    }

    [Fact]
    public void Upper_case_in_a_policys_name_does_not_matter_in_code_either()
    {
        var settings = Configured.Load(
            Configured.From([.. Configured.PolicyX, ("Limiter:Policies:Other:Algorithm", "gcra"), ("Limiter:Policies:Other:Limit", "1"),
                ("Limiter:Policies:Other:Window", "1s")]),
            isDevelopment: false,
            options =>
            {
                options.Policies["MixedCode"] = Gcra(3);
                options.Policies["X"].Limit = 11;
                options.Policies["Other"] = Gcra(4);
                Assert.True(options.Policies.ContainsKey("mixedCODE") && options.Policies.Remove("NoSuch") is false);
            });

        Assert.Equal(["mixedcode", "other", "x"], settings.Policies.All.Select(policy => policy.Name));
        Assert.Equal("gcra;3/1000000/3", settings.Policy("MixedCode").SpecFor("free").ToString());
        Assert.Equal("gcra;4/1000000/4", settings.Policy("other").SpecFor("free").ToString());
        Assert.Equal(11, settings.Policy("x").SpecFor("free").Capacity);
    }

    [Fact]
    public void Two_names_that_code_adds_and_that_differ_in_case_alone_are_refused()
    {
        var thrown = Assert.Throws<LimiterConfigurationException>(() => Configured.Load(
            Configured.From(), isDevelopment: false,
            options =>
            {
                options.AddPolicy("mixedCode", policy => policy.Gcra(3, TimeSpan.FromSeconds(1)));
                options.AddPolicy("MixedCode", policy => policy.Gcra(4, TimeSpan.FromSeconds(1)));
            }));

        Assert.Equal(
            "Limiter:Policies:MixedCode is set beside 'mixedCode': it must be set once: upper case does not matter in a policy's name.",
            thrown.Message);
    }

    private static PolicyOptions Gcra(long limit) => new() { Algorithm = Algorithm.Gcra, Limit = limit, Window = TimeSpan.FromSeconds(1) };
}
