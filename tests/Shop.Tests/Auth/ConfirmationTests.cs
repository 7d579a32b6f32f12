using Microsoft.Extensions.DependencyInjection;
using OrleansLimiter.ServiceKit;
using OrleansLimiter.Shop.Accounts;
using OrleansLimiter.Shop.Data;
using OrleansLimiter.Shop.Tests.Databases;
using Xunit;

namespace OrleansLimiter.Shop.Tests.Auth;

/// <summary>
/// Accounts where a notifier is plugged in: nobody learns by signing up whether an address is taken, and nobody has an address who cannot
/// read what is sent there.
/// </summary>
public sealed class ConfirmationTests
{
    private const string Other = "another password of theirs";

    [Theory]
    [MemberData(nameof(DatabaseKinds.All), MemberType = typeof(DatabaseKinds))]
    public async Task Who_signs_up_and_logs_in_learns_nothing_of_whether_the_address_was_taken(string kind)
    {
        using var database = await TestDatabase.CreateAsync(kind);
        var letters = new Letters();
        using var service = new AuthService(database, configure: services => services.AddSingleton<IAccountNotifier>(letters));
        await service.SignUpAsync("taken@example.test");
        Assert.Equal(204, (await ConfirmAsync(service, letters.Last, AuthService.Password)).Status);
        Assert.Equal(200, (await service.LogInAsync("taken@example.test")).Status);

        foreach (var address in (string[])["taken@example.test", "new@example.test"])
        {
            Assert.Equal(201, (await service.SignUpAsync(address, Other, "198.51.100.1")).Status);
            Assert.Equal(401, (await service.LogInAsync(address, Other, "198.51.100.1")).Status);
        }
    }

    [Theory]
    [MemberData(nameof(DatabaseKinds.All), MemberType = typeof(DatabaseKinds))]
    public async Task An_address_is_its_owners_whoever_signed_up_with_it_first(string kind)
    {
        using var database = await TestDatabase.CreateAsync(kind);
        var letters = new Letters();
        using var service = new AuthService(database, configure: services => services.AddSingleton<IAccountNotifier>(letters));
        await service.SignUpAsync("ada@example.test", Other, "198.51.100.1");
        Assert.Equal(204, (await ConfirmAsync(service, letters.Last, AuthService.Password)).Status);
        Assert.Equal(401, (await service.LogInAsync("ada@example.test", Other, "198.51.100.1")).Status);
        Assert.Equal(200, (await service.LogInAsync("ada@example.test")).Status);

        // Once.
        Assert.Equal(401, (await ConfirmAsync(service, letters.Last, Other)).Status);
        Assert.Equal(200, (await service.LogInAsync("ada@example.test")).Status);
    }

    [Fact]
    public async Task The_password_that_is_chosen_at_last_may_not_be_the_address_either()
    {
        var letters = new Letters();
        using var service = new AuthService(configure: services => services.AddSingleton<IAccountNotifier>(letters));
        await service.SignUpAsync("ada.lovelace@example.test", Other);
        var refused = await ConfirmAsync(service, letters.Last, "Ada.Lovelace@example.test");
        Assert.Equal((400, "password"), (refused.Status, refused.Json.GetProperty("field").GetString()));
        Assert.Equal(204, (await ConfirmAsync(service, letters.Last, AuthService.Password)).Status);
    }

    [Theory]
    [MemberData(nameof(DatabaseKinds.All), MemberType = typeof(DatabaseKinds))]
    public async Task An_address_is_sent_one_letter_an_hour_and_the_last_one_sent_is_good(string kind)
    {
        using var database = await TestDatabase.CreateAsync(kind);
        var letters = new Letters();
        using var service = new AuthService(database, configure: services => services.AddSingleton<IAccountNotifier>(letters));
        for (var i = 0; i < 10; i++)
            Assert.Equal(201, (await service.SignUpAsync("ada@example.test", Other, $"198.51.100.{i}")).Status);
        Assert.Equal(["confirm ada@example.test"], letters.Lines);
        var first = letters.Last;

        service.Service.Clock.JumpTo(service.Service.Clock.GetUtcNow() + Signups.NoticePeriod);
        await service.SignUpAsync("ada@example.test", Other);
        Assert.Equal(["confirm ada@example.test", "confirm ada@example.test"], letters.Lines);
        Assert.Equal(401, (await ConfirmAsync(service, first, AuthService.Password)).Status);
        Assert.Equal(204, (await ConfirmAsync(service, letters.Last, AuthService.Password)).Status);

        service.Service.Clock.JumpTo(service.Service.Clock.GetUtcNow() + Signups.NoticePeriod);
        await service.SignUpAsync("ada@example.test", Other);
        await service.SignUpAsync("ada@example.test", Other);
        Assert.Equal("again ada@example.test", letters.Lines[2]);
        Assert.Equal(3, letters.Lines.Count);
    }

    [Fact]
    public async Task What_was_sent_is_good_for_a_day_and_then_the_address_is_anybodys_again()
    {
        var letters = new Letters();
        using var service = new AuthService(configure: services => services.AddSingleton<IAccountNotifier>(letters));
        await service.SignUpAsync("ada@example.test");
        service.Service.Clock.JumpTo(service.Service.Clock.GetUtcNow() + Signups.TimeToConfirm);
        Assert.Equal(401, (await ConfirmAsync(service, letters.Last, AuthService.Password)).Status);
        await service.Service.Services.GetRequiredService<Housekeeping>().RemoveExpiredAsync();
        await service.SignUpAsync("ada@example.test");
        Assert.Equal(204, (await ConfirmAsync(service, letters.Last, AuthService.Password)).Status);
        Assert.Equal(401, (await ConfirmAsync(service, RefreshSecret.New().Text, AuthService.Password)).Status);
        Assert.Equal(401, (await ConfirmAsync(service, "no token", AuthService.Password)).Status);
    }

    private static Task<Reply> ConfirmAsync(AuthService service, string token, string password) =>
        service.PostAsync("/auth/confirm", new { token, password }, "203.0.113.9");

    private sealed class Letters : IAccountNotifier
    {
        public List<string> Lines { get; } = [];

        public string Last { get; private set; } = "";

        public ValueTask SignedUpAsync(Guid userId, string email, string confirmation, CancellationToken cancellationToken)
        {
            Lines.Add($"confirm {email}");
            Last = confirmation;
            return ValueTask.CompletedTask;
        }

        public ValueTask SignedUpAgainAsync(string email, CancellationToken cancellationToken)
        {
            Lines.Add($"again {email}");
            return ValueTask.CompletedTask;
        }
    }
}
