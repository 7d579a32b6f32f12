using System.Globalization;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using OrleansLimiter.ServiceKit;
using OrleansLimiter.Shop.Accounts;
using OrleansLimiter.Shop.Data;
using OrleansLimiter.Shop.Settings;
using OrleansLimiter.TestKit.Processes;
using Xunit;

namespace OrleansLimiter.Shop.Tests.Auth;

/// <summary>
/// Hashing under attack: who waits, for how long, and what it costs. One password is hashed at a time, and the first one takes until it is
/// released.
/// </summary>
public sealed class HashingTests
{
    private const string Attacker = "198.51.100.1";
    private const string Victim = "192.0.2.1";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Of_one_address_few_wait_whatever_accounts_it_names_and_others_get_in()
    {
        using var attack = new Attack();
        var waiting = await attack.FillAsync(4);

        var refused = await attack.Service.LogInAsync("a9@example.test", address: Attacker);

        Assert.Equal((503, "1", "memory"), (refused.Status, refused.Header("Retry-After"), refused.Json.GetProperty("source").GetString()));
        Assert.Equal(503, (await attack.Service.SignUpAsync("new@example.test", address: Attacker)).Status);
        var other = attack.Service.LogInAsync("ada@example.test", address: Victim);
        await attack.WaitForAsync(5);
        attack.Release();
        Assert.Equal(401, (await other).Status);
        Assert.All(await Task.WhenAll(waiting), reply => Assert.Equal(401, reply.Status));
        Assert.Equal(1, attack.Hasher.MostAtOnce);
    }

    [Fact]
    public async Task Of_one_account_few_wait_from_wherever_it_is_asked_for()
    {
        using var attack = new Attack();
        var first = attack.Service.LogInAsync("a@example.test", address: Attacker);
        await attack.RunningAsync();
        var waiting = Enumerable.Range(0, 4).Select(i => attack.Service.LogInAsync("ada@example.test", address: AddressOf(i))).ToList();
        await attack.WaitForAsync(4);

        Assert.Equal(503, (await attack.Service.LogInAsync("ADA@example.test", address: Victim)).Status);
        attack.Release();
        Assert.All(await Task.WhenAll(waiting.Append(first)), reply => Assert.Equal(401, reply.Status));
    }

    [Fact]
    public async Task Strangers_who_take_all_places_of_an_account_do_not_keep_out_who_has_logged_in_from_an_address_before()
    {
        using var attack = new Attack();
        await attack.AddUserAsync("ada@example.test", Victim);
        var first = attack.Service.LogInAsync("a@example.test", address: Attacker);
        await attack.RunningAsync();
        var waiting = Enumerable.Range(0, 4).Select(i => attack.Service.LogInAsync("ada@example.test", address: AddressOf(i))).ToList();
        await attack.WaitForAsync(4);
        Assert.Equal(503, (await attack.Service.LogInAsync("ada@example.test", address: AddressOf(9))).Status);

        var owner = attack.Service.LogInAsync("ada@example.test", address: Victim);
        await attack.WaitForAsync(5);
        attack.Release();
        Assert.All(await Task.WhenAll(waiting.Append(first).Append(owner)), reply => Assert.Equal(401, reply.Status));
    }

    [Fact]
    public async Task Sign_ups_under_an_address_take_no_places_of_who_logs_in_with_it()
    {
        using var attack = new Attack();
        var first = attack.Service.LogInAsync("a@example.test", address: Attacker);
        await attack.RunningAsync();
        var waiting = Enumerable.Range(0, 4).Select(i => attack.Service.SignUpAsync("ada@example.test", address: AddressOf(i))).ToList();
        await attack.WaitForAsync(4);

        var owner = attack.Service.LogInAsync("ada@example.test", address: Victim);
        await attack.WaitForAsync(5);
        attack.Release();
        Assert.Equal((401, 401), ((await first).Status, (await owner).Status));
        Assert.All(await Task.WhenAll(waiting), reply => Assert.Equal(201, reply.Status));
    }

    [Fact]
    public async Task Nobody_waits_longer_than_two_seconds()
    {
        using var attack = new Attack();
        var first = attack.Service.LogInAsync("a@example.test", address: Attacker);
        await attack.RunningAsync();
        var late = attack.Service.LogInAsync("ada@example.test", address: Victim);
        await attack.WaitForAsync(1);
        var clock = attack.Service.Service.Clock;

        // Who has a place begins to count a moment later.
        await Eventually.TrueAsync("the wait is counted", () => Task.FromResult(clock.IsDueIn(TimeSpan.FromSeconds(2))), Cancellation);
        clock.Advance(TimeSpan.FromMilliseconds(1_999));
        Assert.Equal(1, attack.Queue.Waiting);
        clock.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Equal((503, "1"), ((await late).Status, (await late).Header("Retry-After")));
        Assert.Equal(0, attack.Queue.Waiting);
        attack.Release();
        Assert.Equal(401, (await first).Status);
    }

    [Fact]
    public async Task Who_found_no_time_is_not_charged_a_guess_but_the_work()
    {
        using var attack = new Attack(("Limiter:Policies:login-ip:Limit", "6"), ("Limiter:Policies:login-account-ip:Limit", "1"),
            ("Limiter:Policies:signup-ip:Limit", "2"));
        var waiting = await attack.FillAsync(4);
        Assert.Equal(503, (await attack.Service.LogInAsync("a9@example.test", address: Attacker)).Status);

        // Not the pair's one permit a minute: the address has used its six.
        Assert.Equal("login-ip", (await attack.Service.LogInAsync("a9@example.test", address: Attacker)).Json.GetProperty("policy")
            .GetString());
        Assert.Equal(503, (await attack.Service.SignUpAsync("new@example.test", address: Attacker)).Status);
        Assert.Equal(503, (await attack.Service.SignUpAsync("new@example.test", address: Attacker)).Status);
        Assert.Equal("signup-ip", (await attack.Service.SignUpAsync("new@example.test", address: Attacker)).Json.GetProperty("policy")
            .GetString());
        attack.Release();
        await Task.WhenAll(waiting);
    }

    [Fact]
    public async Task Refusals_are_counted_and_told_in_one_line_a_second()
    {
        using var attack = new Attack();
        var waiting = await attack.FillAsync(4);
        for (var i = 0; i < 3; i++)
            Assert.Equal(503, (await attack.Service.LogInAsync("a9@example.test", address: Attacker)).Status);

        using var client = attack.Service.Service.Connect();
        var metrics = await client.GetStringAsync("/metrics", Cancellation);
        Assert.Contains("orleanslimiter_hashing_refused_total{reason=\"address\"} 3\n", metrics, StringComparison.Ordinal);
        Assert.Contains("orleanslimiter_hashing_waiting 4\n", metrics, StringComparison.Ordinal);
        var line = Assert.Single(attack.Service.Service.Log.Lines, line =>
            line.Contains("passwords are to be hashed", StringComparison.Ordinal));
        Assert.StartsWith("Warning OrleansLimiter.Shop.Accounts.HashingQueue: Requests were answered 503, 1 since the last such line,",
            line, StringComparison.Ordinal);
        attack.Release();
        await Task.WhenAll(waiting);
    }

    [Theory]
    [InlineData("Hashing:WaitingPerAddress", "65", "Hashing:WaitingPerAddress is '65': it must be a whole number from 1 to 64 requests.")]
    [InlineData("Hashing:WaitingPerAccount", "0", "Hashing:WaitingPerAccount is '0': it must be a whole number from 1 to 64 requests.")]
    [InlineData("Hashing:WaitSeconds", "11", "Hashing:WaitSeconds is '11': it must be a whole number from 1 to 10 seconds.")]
    [InlineData("Hashing:Cores", "1",
        "Hashing:Cores is set: it is no setting; known here: AtOnce, WaitingPerAddress, WaitingPerAccount, WaitSeconds.")]
    public void A_bad_setting_is_refused_with_the_rule(string name, string value, string message)
    {
        var errors = new List<Core.Limits.InvalidValue>();
        HashingSettings.Read(Configured.With((name, value)), errors);
        Assert.Equal(message, Assert.Single(errors).ToString());
    }

    [Fact]
    public void One_core_stays_free_where_there_are_more()
    {
        var errors = new List<Core.Limits.InvalidValue>();
        Assert.Equal(Math.Max(1, Environment.ProcessorCount - 1), HashingSettings.Read(Configured.With(), errors).AtOnce);
        HashingSettings.Read(
            Configured.With(("Hashing:AtOnce", (Environment.ProcessorCount + 1).ToString(CultureInfo.InvariantCulture))), errors);
        Assert.Equal("Hashing:AtOnce", Assert.Single(errors).Field);
    }

    private static string AddressOf(int i) => string.Create(CultureInfo.InvariantCulture, $"203.0.113.{i}");

    private sealed class Attack : IDisposable
    {
        public Attack(params (string Name, string Value)[] settings)
        {
            Service = new AuthService(
                null, null, services => services.AddSingleton<IPasswordHasher<User>>(Hasher), [("Hashing:AtOnce", "1"), .. settings]);
            Queue = Service.Service.Services.GetRequiredService<HashingQueue>();
        }

        public BlockedHasher Hasher { get; } = new();

        public AuthService Service { get; }

        public HashingQueue Queue { get; }

        /// <summary>One login of the attacker runs, and so many wait, each of another account.</summary>
        public async Task<List<Task<Reply>>> FillAsync(int waiting)
        {
            var logins = new List<Task<Reply>> { Service.LogInAsync("a@example.test", address: Attacker) };
            await RunningAsync();
            logins.AddRange(Enumerable.Range(0, waiting)
                .Select(i => Service.LogInAsync(string.Create(CultureInfo.InvariantCulture, $"a{i}@example.test"), address: Attacker)));
            await WaitForAsync(waiting);
            return logins;
        }

        /// <summary>Somebody who has logged in from an address before.</summary>
        public async Task AddUserAsync(string email, string address)
        {
            var user = new User { Id = Guid.NewGuid(), Email = email, PasswordHash = "none that is right" };
            await using var db = Service.Service.Services.GetRequiredService<ServiceDbFactory>().Create();
            db.Add(user);
            db.Add(new KnownAddress
            {
                UserId = user.Id,
                Address = address,
                LastLoginAt = Core.Limits.Instant.From(Service.Service.Clock.GetUtcNow()),
            });
            await db.SaveChangesAsync(TestContext.Current.CancellationToken);
        }

        public async Task RunningAsync()
        {
            await Eventually.TrueAsync("one runs", () => Task.FromResult(Hasher.Running >= 1), TestContext.Current.CancellationToken);
        }

        public async Task WaitForAsync(int waiting)
        {
            await Eventually.TrueAsync(
                "so many wait", () => Task.FromResult(Queue.Waiting >= waiting), TestContext.Current.CancellationToken);
        }

        public void Release() => Hasher.Release();

        public void Dispose()
        {
            Release();
            Service.Dispose();
        }
    }
}
