using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using OrleansLimiter.Core.Ports;
using OrleansLimiter.Engines.Memory;
using OrleansLimiter.ServiceKit;
using OrleansLimiter.Shop.Accounts;
using OrleansLimiter.Shop.Tests.Databases;
using Xunit;

namespace OrleansLimiter.Shop.Tests.Auth;

/// <summary>The limits of accounts: who is counted, what is given back, and who cannot be locked out.</summary>
public sealed class LoginLimitTests
{
    [Fact]
    public async Task The_sixth_wrong_password_of_a_minute_is_refused_before_anything_is_hashed()
    {
        using var service = new AuthService();
        await service.SignUpAsync("ada@example.test");
        for (var i = 0; i < 5; i++)
            Assert.Equal(401, (await service.LogInAsync("ada@example.test", "not her password")).Status);
        service.Hasher.TakeWork();

        var refused = await service.LogInAsync("ADA@example.test ");
        Assert.Equal(429, refused.Status);
        Assert.Equal("login-account-ip", refused.Json.GetProperty("policy").GetString());
        Assert.Equal("memory", refused.Json.GetProperty("source").GetString());
        Assert.Equal(
            "\"login-account-ip\";q=5;w=60, \"login-account\";q=20;w=60, \"login-ip\";q=100;w=60", refused.Header("RateLimit-Policy"));
        Assert.Empty(service.Hasher.TakeWork());

        // The wait that was told is enough, and exact.
        service.Service.Clock.Advance(TimeSpan.FromMilliseconds(refused.Json.GetProperty("retryAfterMs").GetInt64() - 1));
        Assert.Equal(429, (await service.LogInAsync("ada@example.test")).Status);
        service.Service.Clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(200, (await service.LogInAsync("ada@example.test")).Status);
    }

    [Fact]
    public async Task Of_the_limits_that_would_refuse_now_the_longest_wait_is_told()
    {
        using var service = new AuthService(
            null, null, null, ("Limiter:Policies:login-account-ip:Limit", "1"), ("Limiter:Policies:login-account-ip:Window", "10s"),
            ("Limiter:Policies:login-ip:Limit", "1"));
        await service.SignUpAsync("ada@example.test");
        Assert.Equal(401, (await service.LogInAsync("ada@example.test", "not her password")).Status);

        var refused = await service.LogInAsync("ada@example.test");

        Assert.Equal((429, "120"), (refused.Status, refused.Header("Retry-After")));
        Assert.Equal("login-ip", refused.Json.GetProperty("policy").GetString());
        Assert.Equal(["login-account-ip", "login-ip"], refused.Json.GetProperty("violated-policies").EnumerateArray()
            .Select(item => item.GetString()));
    }

    [Fact]
    public async Task A_good_login_gets_its_permits_back_and_a_failed_one_does_not()
    {
        using var service = new AuthService();
        await service.SignUpAsync("ada@example.test");
        for (var i = 0; i < 30; i++)
            Assert.Equal("\"login-account-ip\";r=5", (await service.LogInAsync("ada@example.test")).Header("RateLimit"));

        for (var left = 4; left >= 0; left--)
            Assert.StartsWith($"\"login-account-ip\";r={left.ToString(CultureInfo.InvariantCulture)};t=",
                (await service.LogInAsync("ada@example.test", "not her password")).Header("RateLimit"), StringComparison.Ordinal);
        Assert.Equal(429, (await service.LogInAsync("ada@example.test")).Status);
    }

    [Fact]
    public async Task A_good_login_counts_as_work_of_its_address()
    {
        using var service = new AuthService(null, null, null, ("Limiter:Policies:login-ip:Limit", "3"));
        await service.SignUpAsync("ada@example.test");
        for (var i = 0; i < 3; i++)
            Assert.Equal(200, (await service.LogInAsync("ada@example.test")).Status);

        var refused = await service.LogInAsync("ada@example.test");

        Assert.Equal((429, "login-ip"), (refused.Status, refused.Json.GetProperty("policy").GetString()));
        Assert.Equal(200, (await service.LogInAsync("ada@example.test", address: "192.0.2.2")).Status);
    }

    [Fact]
    public void Accounts_are_counted_under_a_hash_that_only_front_ends_of_one_secret_can_make()
    {
        using var one = new TestService();
        using var same = new TestService();
        using var other = new TestService(settings: new Dictionary<string, string>
        {
            ["JWT_SECRET"] = "another secret of the tests, as long as that",
        });
        var subject = SubjectIn(one);

        Assert.Equal(subject, SubjectIn(same));
        Assert.NotEqual(subject, SubjectIn(other));
        Assert.NotEqual(Convert.ToHexStringLower(SHA256.HashData("ada@example.test"u8)), subject);
        Assert.Matches("^[0-9a-f]{64}$", subject);

        static string SubjectIn(TestService service) => service.Services.GetRequiredService<LoginLimits>().SubjectOf("ada@example.test");
    }

    [Theory]
    [MemberData(nameof(DatabaseKinds.All), MemberType = typeof(DatabaseKinds))]
    public async Task Strangers_who_use_up_the_accounts_limit_do_not_lock_out_who_logged_in_from_there_within_30_days(string kind)
    {
        const int Strangers = 120;
        using var database = await TestDatabase.CreateAsync(kind);
        using var service = new AuthService(database);
        await service.EnterAsync("ada@example.test", "192.0.2.1");
        service.Service.Clock.JumpTo(service.Service.Clock.GetUtcNow() + TimeSpan.FromDays(29));

        await AttackAsync();
        Assert.Equal(200, (await service.LogInAsync("ada@example.test", address: "192.0.2.1")).Status); // remembered for 30 more days
        var elsewhere = await service.LogInAsync("ada@example.test", address: "192.0.2.2");
        Assert.Equal((429, "login-account"), (elsewhere.Status, elsewhere.Json.GetProperty("policy").GetString()));

        // The pair's own limit binds even there.
        for (var i = 0; i < 5; i++)
            Assert.Equal(401, (await service.LogInAsync("ada@example.test", "not her password", "192.0.2.1")).Status);
        Assert.Equal("login-account-ip", (await service.LogInAsync("ada@example.test", address: "192.0.2.1")).Json.GetProperty("policy")
            .GetString());

        service.Service.Clock.JumpTo(service.Service.Clock.GetUtcNow() + TimeSpan.FromDays(30));
        await AttackAsync();
        Assert.Equal(429, (await service.LogInAsync("ada@example.test", address: "192.0.2.1")).Status);

        async Task AttackAsync()
        {
            for (var i = 0; i < Strangers; i++)
                Assert.Equal(401, (await service.LogInAsync(
                    "ada@example.test", "a guess at it", $"198.51.100.{i.ToString(CultureInfo.InvariantCulture)}")).Status);
        }
    }

    [Fact]
    public async Task Strangers_from_four_addresses_keep_nobody_out_who_comes_from_a_new_one()
    {
        using var service = new AuthService();
        await service.SignUpAsync("ada@example.test");
        for (var i = 0; i < 4 * 6; i++)
            await service.LogInAsync("ada@example.test", "a guess at it", $"198.51.100.{(i % 4).ToString(CultureInfo.InvariantCulture)}");
        Assert.Equal(429, (await service.LogInAsync("ada@example.test", "a guess at it", "198.51.100.1")).Status);
        Assert.Equal(200, (await service.LogInAsync("ada@example.test", address: "192.0.2.77")).Status);
    }

    [Fact]
    public async Task An_office_behind_one_address_is_given_room_by_variables_without_hyphens()
    {
        using var service = new AuthService(
            null, null, null, ("SIGNUP_RATE_LIMIT_MAX_REQUESTS", "40"), ("LOGIN_IP_RATE_LIMIT_MAX_REQUESTS", "500"));
        var reply = await service.SignUpAsync("ada@example.test");
        Assert.Equal("\"signup-ip\";q=40;w=60", reply.Header("RateLimit-Policy"));
        Assert.Contains(
            "\"login-ip\";q=500;w=60", (await service.LogInAsync("ada@example.test")).Header("RateLimit-Policy"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refusal_by_the_account_gives_the_pair_its_permit_back()
    {
        using var service = new AuthService();
        for (var i = 0; i < 20; i++)
            await service.LogInAsync("ada@example.test", address: $"198.51.100.{i.ToString(CultureInfo.InvariantCulture)}");
        Assert.Equal(401, (await service.LogInAsync("ada@example.test", address: "192.0.2.1")).Status);
        for (var i = 0; i < 10; i++)
            Assert.Equal("login-account", (await service.LogInAsync("ada@example.test", address: "192.0.2.1")).Json.GetProperty("policy")
                .GetString());
    }

    [Fact]
    public async Task An_address_is_bound_whatever_accounts_it_tries_and_IPv6_counts_by_64_bits()
    {
        using var service = new AuthService();
        for (var i = 0; i < 100; i++)
        {
            var n = i.ToString("x", CultureInfo.InvariantCulture);
            Assert.Equal(401, (await service.LogInAsync($"a{n}@example.test", "a guess at it", $"2001:db8:1:2:{n}::{n}")).Status);
        }

        var refused = await service.LogInAsync("new@example.test", "a guess at it", "2001:db8:1:2:ffff::1");
        Assert.Equal((429, "login-ip"), (refused.Status, refused.Json.GetProperty("policy").GetString()));
        Assert.Equal(401, (await service.LogInAsync("new@example.test", "a guess at it", "2001:db8:1:3::1")).Status);
    }

    [Fact]
    public async Task A_pair_in_IPv6_is_one_for_the_whole_64()
    {
        using var service = new AuthService();
        for (var i = 0; i < 5; i++)
            await service.LogInAsync("ada@example.test", "a guess at it", $"2001:db8:1:2::{i.ToString(CultureInfo.InvariantCulture)}");
        Assert.Equal(429, (await service.LogInAsync("ada@example.test", "a guess at it", "2001:db8:1:2:abcd::")).Status);
        Assert.Equal(401, (await service.LogInAsync("ada@example.test", "a guess at it", "2001:db8:1:3::")).Status);
    }

    public static TheoryData<string, string> WrongShapes => new()
    {
        { "no address", """{"password":"x"}""" },
        { "no password", """{"email":"ada@example.test"}""" },
        { "an empty password", """{"email":"ada@example.test","password":""}""" },
        { "a password of another type", """{"email":"ada@example.test","password":1}""" },
        { "a password that is too long", $$"""{"email":"ada@example.test","password":"{{new string('x', Passwords.MaxLength + 1)}}"}""" },
        { "an unknown member", """{"email":"ada@example.test","password":"x","more":1}""" },
    };

    [Theory]
    [MemberData(nameof(WrongShapes))]
    public async Task A_body_of_the_wrong_shape_costs_the_address_a_permit_and_makes_no_key_of_an_account(string what, string body)
    {
        using var service = new AuthService();
        var engine = (MemoryEngine)service.Service.Services.GetRequiredService<ILimitEngine>();

        var reply = await service.PostAsync("/auth/login", JsonDocument.Parse(body).RootElement);

        Assert.True(reply.Status == 400, what);
        Assert.Equal("\"login-ip\";q=100;w=60", reply.Header("RateLimit-Policy"));
        Assert.StartsWith("\"login-ip\";r=99;", reply.Header("RateLimit"), StringComparison.Ordinal);
        Assert.Equal(1, engine.KeyCount);
    }

    [Fact]
    public async Task Sign_ups_and_exchanges_are_limited_per_address()
    {
        using var service = new AuthService();
        for (var i = 0; i < 10; i++)
            Assert.Equal(201, (await service.SignUpAsync($"a{i.ToString(CultureInfo.InvariantCulture)}@example.test")).Status);
        service.Hasher.TakeWork();
        Assert.Equal("signup-ip", (await service.SignUpAsync("b@example.test")).Json.GetProperty("policy").GetString());
        Assert.Empty(service.Hasher.TakeWork());

        for (var i = 0; i < 30; i++)
            Assert.Equal(401, (await service.RefreshAsync("no such token")).Status);
        Assert.Equal("refresh-ip", (await service.RefreshAsync("no such token")).Json.GetProperty("policy").GetString());
    }
}
