using Microsoft.Extensions.Time.Testing;
using OrleansLimiter.Core.Decisions;
using Xunit;

namespace OrleansLimiter.Testing.Tests;

public sealed class MailerTests
{
    [Fact]
    public async Task A_mail_that_is_refused_is_not_sent()
    {
        var fake = new FakeLimiter().Refuse("mails", TimeSpan.FromSeconds(30));

        Assert.False(await new Mailer(fake).SendAsync("alice@example.com"));
        Assert.Equal([(Operation.Acquire, "mails", "alice@example.com", 1, null)], fake.Calls);
    }

    [Fact]
    public async Task The_third_mail_of_a_minute_waits_for_thirty_seconds()
    {
        var clock = new FakeTimeProvider();
        var fake = new FakeLimiter(clock, o => o.AddPolicy("mails", policy => policy.TokenBucket(2, TimeSpan.FromMinutes(1))));
        var mailer = new Mailer(fake);

        Assert.True(await mailer.SendAsync("alice@example.com"));
        Assert.True(await mailer.SendAsync("alice@example.com"));
        Assert.False(await mailer.SendAsync("alice@example.com"));
        clock.Advance(TimeSpan.FromSeconds(30));
        Assert.True(await mailer.SendAsync("alice@example.com"));
    }
}

internal sealed class Mailer(ILimiter limiter)
{
    public async Task<bool> SendAsync(string address)
    {
        await using var lease = await limiter.AcquireAsync("mails", address);
        return lease.IsAdmitted;
    }
}
