using OrleansLimiter.ServiceKit;
using OrleansLimiter.Shop.Settings;
using OrleansLimiter.Shop.Tests.Databases;
using Xunit;

namespace OrleansLimiter.Shop.Tests.Auth;

/// <summary>The bounds of sessions: how many at once, how long at most, and how often one is ended.</summary>
public sealed class SessionBoundTests
{
    [Theory]
    [MemberData(nameof(DatabaseKinds.All), MemberType = typeof(DatabaseKinds))]
    public async Task Of_more_sessions_than_a_user_may_have_the_oldest_ends(string kind)
    {
        using var database = await TestDatabase.CreateAsync(kind);
        using var service = new AuthService(database, null, null, ("Accounts:MaxSessions", "3"));
        await service.SignUpAsync("ada@example.test");
        var sessions = new List<Tokens>();
        for (var i = 0; i < 5; i++)
        {
            sessions.Add((await service.LogInAsync("ada@example.test")).Tokens);
            service.Service.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        var good = new List<int>();
        foreach (var session in sessions)
            good.Add((await service.RefreshAsync(session.Refresh)).Status);
        Assert.Equal([401, 401, 200, 200, 200], good);
    }

    [Theory]
    [MemberData(nameof(DatabaseKinds.All), MemberType = typeof(DatabaseKinds))]
    public async Task Logins_at_once_do_not_both_find_room(string kind)
    {
        using var database = await TestDatabase.CreateAsync(kind);
        using var service = new AuthService(database, null, null, ("Accounts:MaxSessions", "1"), ("Hashing:WaitingPerAccount", "64"));
        await service.SignUpAsync("ada@example.test");
        var replies = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(i => service.LogInAsync("ada@example.test", address: $"192.0.2.{i}")));
        var good = 0;
        foreach (var reply in replies)
            good += (await service.RefreshAsync(reply.Tokens.Refresh)).Status == 200 ? 1 : 0;
        Assert.Equal(1, good);
    }

    [Fact]
    public async Task A_session_ends_after_90_days_however_often_its_token_is_exchanged()
    {
        using var service = new AuthService();
        var tokens = await service.EnterAsync("ada@example.test");
        var began = service.Service.Clock.GetUtcNow();
        for (var day = 10; day <= 80; day += 10)
        {
            service.Service.Clock.JumpTo(began + TimeSpan.FromDays(day));
            tokens = (await service.RefreshAsync(tokens.Refresh)).Tokens;
        }

        service.Service.Clock.JumpTo(began + TimeSpan.FromDays(90) - TimeSpan.FromMicroseconds(1));
        tokens = (await service.RefreshAsync(tokens.Refresh)).Tokens;
        service.Service.Clock.JumpTo(began + TimeSpan.FromDays(90));
        Assert.Equal(401, (await service.RefreshAsync(tokens.Refresh)).Status);
        Assert.Equal(200, (await service.LogInAsync("ada@example.test")).Status);
    }

    [Fact]
    public async Task Logouts_are_limited_per_user()
    {
        using var service = new AuthService();
        var tokens = await service.EnterAsync("ada@example.test");
        for (var i = 0; i < 30; i++)
            Assert.Equal(204, (await service.LogOutAsync(tokens.Access)).Status);
        var refused = await service.LogOutAsync(tokens.Access);
        Assert.Equal((429, "logout-user"), (refused.Status, refused.Json.GetProperty("policy").GetString()));
        Assert.Equal(204, (await service.LogOutAsync((await service.EnterAsync("bob@example.test")).Access)).Status);
    }

    [Theory]
    [InlineData("MaxSessions", "0", "Accounts:MaxSessions is '0': it must be a whole number from 1 to 1,000 sessions.")]
    [InlineData("SessionDays", "4000", "Accounts:SessionDays is '4000': it must be a whole number from 1 to 3,650 days.")]
    [InlineData("Sessions", "5", "Accounts:Sessions")]
    public void A_wrong_setting_is_named(string name, string value, string message)
    {
        var errors = new List<Core.Limits.InvalidValue>();
        AccountSettings.Read(Configured.With(($"Accounts:{name}", value)), errors);
        Assert.StartsWith(message, Assert.Single(errors).ToString(), StringComparison.Ordinal);
    }
}
