using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using OrleansLimiter.ServiceKit;
using OrleansLimiter.Shop.Accounts;
using OrleansLimiter.Shop.Data;
using OrleansLimiter.Shop.Tests.Databases;
using OrleansLimiter.TestKit;
using Xunit;

namespace OrleansLimiter.Shop.Tests.Auth;

/// <summary>Refresh tokens: spent once, stolen to no avail.</summary>
public sealed class RefreshTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(DatabaseKinds.All), MemberType = typeof(DatabaseKinds))]
    public async Task An_exchange_gives_a_new_pair_and_the_old_token_is_spent(string kind)
    {
        using var database = await TestDatabase.CreateAsync(kind);
        using var service = new AuthService(database);
        var first = await service.EnterAsync("ada@example.test");
        var second = (await service.RefreshAsync(first.Refresh)).Tokens;
        var third = (await service.RefreshAsync(second.Refresh)).Tokens;

        Assert.Equal(3, new HashSet<string> { first.Refresh, second.Refresh, third.Refresh }.Count);
        Assert.Equal(3, new HashSet<string> { first.Access, second.Access, third.Access }.Count);
        Assert.Equal(204, (await service.LogOutAsync(third.Access)).Status);
        Assert.Equal(401, (await service.RefreshAsync(third.Refresh)).Status);
    }

    [Theory]
    [MemberData(nameof(DatabaseKinds.All), MemberType = typeof(DatabaseKinds))]
    public async Task A_spent_token_used_again_revokes_its_whole_family_and_no_other(string kind)
    {
        using var database = await TestDatabase.CreateAsync(kind);
        using var service = new AuthService(database);
        var first = await service.EnterAsync("ada@example.test");
        var other = (await service.LogInAsync("ada@example.test")).Tokens;
        var second = (await service.RefreshAsync(first.Refresh)).Tokens;
        service.Service.Clock.Advance(Sessions.Grace);

        var stolen = await service.RefreshAsync(first.Refresh);
        Assert.Equal(401, stolen.Status);
        Assert.Equal(stolen.Body, (await service.RefreshAsync(second.Refresh)).Body);
        Assert.Equal(stolen.Body, (await service.RefreshAsync(first.Refresh)).Body);
        Assert.Equal(stolen.Body, (await service.RefreshAsync(RefreshSecret.New().Text)).Body);
        Assert.Equal(200, (await service.RefreshAsync(other.Refresh)).Status);
        Assert.Contains(service.Service.Log.Lines, line => line.Contains("A spent refresh token", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(DatabaseKinds.All), MemberType = typeof(DatabaseKinds))]
    public async Task A_lost_reply_is_answered_again_with_the_same_successor_for_10_seconds(string kind)
    {
        using var database = await TestDatabase.CreateAsync(kind);
        using var service = new AuthService(database);
        var first = await service.EnterAsync("ada@example.test");
        var second = (await service.RefreshAsync(first.Refresh)).Tokens;
        service.Service.Clock.Advance(Sessions.Grace - TimeSpan.FromMicroseconds(1));

        Assert.Equal(second.Refresh, (await service.RefreshAsync(first.Refresh)).Tokens.Refresh);
        Assert.Equal(200, (await service.RefreshAsync(second.Refresh)).Status);
        service.Service.Clock.Advance(TimeSpan.FromMicroseconds(1));
        Assert.Equal(401, (await service.RefreshAsync(first.Refresh)).Status);
    }

    [Theory]
    [MemberData(nameof(DatabaseKinds.All), MemberType = typeof(DatabaseKinds))]
    public async Task Of_any_number_of_exchanges_at_once_on_two_front_ends_exactly_one_makes_a_successor(string kind)
    {
        using var database = await TestDatabase.CreateAsync(kind);
        var clock = new FakeTimeProvider();
        using var service = new AuthService(database, clock);
        using var second = new AuthService(database, clock);
        var first = await service.EnterAsync("ada@example.test");
        var replies = await Task.WhenAll(
            Enumerable.Range(0, 40).Select(i => (i % 2 == 0 ? service : second).RefreshAsync(first.Refresh, $"192.0.2.{i}")));

        Assert.Single(replies.Select(reply => reply.Tokens.Refresh).Distinct());
        await using var db = service.Service.Services.GetRequiredService<ServiceDbFactory>().Create();
        Assert.Equal(2, await db.RefreshTokens.CountAsync(Cancellation));
        Assert.Equal(1, await db.RefreshTokens.CountAsync(token => token.SpentAt == null, Cancellation));
    }

    [Fact]
    public async Task A_refresh_token_is_good_for_14_days_and_not_a_microsecond_longer()
    {
        using var service = new AuthService();
        var first = await service.EnterAsync("ada@example.test");
        var other = (await service.LogInAsync("ada@example.test")).Tokens;
        service.Service.Clock.JumpTo(service.Service.Clock.GetUtcNow() + TimeSpan.FromDays(14) - TimeSpan.FromMicroseconds(1));
        Assert.Equal(200, (await service.RefreshAsync(first.Refresh)).Status);
        service.Service.Clock.Advance(TimeSpan.FromMicroseconds(1));
        Assert.Equal(401, (await service.RefreshAsync(other.Refresh)).Status);
    }

    [Fact]
    public async Task What_is_stored_is_neither_the_token_nor_its_successor()
    {
        using var service = new AuthService();
        var first = await service.EnterAsync("ada@example.test");
        var second = (await service.RefreshAsync(first.Refresh)).Tokens;
        await using var db = service.Service.Services.GetRequiredService<ServiceDbFactory>().Create();
        var stored = await db.RefreshTokens.ToListAsync(Cancellation);

        foreach (var bytes in stored.Select(token => token.Hash).Concat(stored.Select(token => token.Successor).OfType<byte[]>()))
            Assert.DoesNotContain(System.Buffers.Text.Base64Url.EncodeToString(bytes), (string[])[first.Refresh, second.Refresh]);
        Assert.Single(stored, token => token.Successor is not null);
    }

    [Theory]
    [MemberData(nameof(DatabaseKinds.All), MemberType = typeof(DatabaseKinds))]
    public async Task What_has_expired_is_removed_and_what_has_not_stays(string kind)
    {
        using var database = await TestDatabase.CreateAsync(kind);
        using var service = new AuthService(database);
        await service.EnterAsync("ada@example.test", "192.0.2.1");
        service.Service.Clock.JumpTo(service.Service.Clock.GetUtcNow() + TimeSpan.FromDays(20));
        var later = (await service.LogInAsync("ada@example.test", address: "192.0.2.2")).Tokens;
        service.Service.Clock.JumpTo(service.Service.Clock.GetUtcNow() + TimeSpan.FromDays(10));
        await service.Service.Services.GetRequiredService<Housekeeping>().RemoveExpiredAsync();

        await using var db = service.Service.Services.GetRequiredService<ServiceDbFactory>().Create();
        Assert.Equal("192.0.2.2", (await db.KnownAddresses.SingleAsync(Cancellation)).Address);
        Assert.Equal(1, await db.RefreshTokens.CountAsync(Cancellation));
        Assert.Equal(1, await db.RefreshFamilies.CountAsync(Cancellation));
        Assert.Equal(200, (await service.RefreshAsync(later.Refresh)).Status);
    }

    [Theory]
    [InlineData("{}", "refreshToken is missing: it must be the refresh token that a login or the last exchange gave.")]
    [InlineData("""{"refreshToken":1}""", "refreshToken is a number: it must be a string.")]
    [InlineData("""{"refreshToken":"a","refreshToken":"b"}""", "refreshToken must be there only once.")]
    [InlineData("""{"refreshToken":"\uD800"}""", "refreshToken is not valid Unicode: it must be text without lone surrogates.")]
    [InlineData("""["a"]""", "body is an array: it must be a JSON object.")]
    [InlineData("""{"refreshToken":"a"} x""", "The body is malformed at line 1, byte 22: it is not JSON from there on.")]
    public async Task A_wrong_body_is_400_and_names_the_field_and_the_rule(string body, string message)
    {
        using var service = new TestService();
        using var client = service.Connect();
        using var response = await client.PostAsync(
            "/auth/refresh-token", new StringContent(body, System.Text.Encoding.UTF8, "application/json"), Cancellation);
        using var problem = System.Text.Json.JsonDocument.Parse(await response.Content.ReadAsStringAsync(Cancellation));
        Assert.Equal((400, message), ((int)response.StatusCode, problem.RootElement.GetProperty("message").GetString()));
    }
}
