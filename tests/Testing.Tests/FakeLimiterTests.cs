using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Time.Testing;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Hosting;
using Xunit;

namespace OrleansLimiter.Testing.Tests;

public sealed class FakeLimiterTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly FakeTimeProvider _clock = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Without_policies_every_name_admits_for_ever()
    {
        var fake = new FakeLimiter();

        for (var i = 0; i < 1_000; i++)
        {
            await using var lease = await fake.AcquireAsync("orders", "alice", 7, cancellationToken: Cancellation);
            Assert.Equal((true, LimitReason.Granted, null, "orders"), (lease.IsAdmitted, lease.Reason, lease.RetryAfter, lease.Policy));
            Assert.InRange(lease.Remaining, 7, long.MaxValue);
        }

        Assert.True((await fake.PeekAsync("mails", "bob", cancellationToken: Cancellation)).IsAdmitted);
        Assert.True((await fake.RefundAsync("orders", "alice", 7, cancellationToken: Cancellation)).IsAdmitted);
        Assert.True((await fake.ReleaseAsync("places", "alice", new string('0', 31) + "1", Cancellation)).IsAdmitted);
    }

    [Fact]
    public async Task A_refusal_lasts_as_long_as_it_says_to_the_tick()
    {
        var fake = new FakeLimiter(_clock).Refuse("orders", TimeSpan.FromSeconds(30));

        _clock.Advance(TimeSpan.FromSeconds(20));
        using (var refused = await fake.AcquireAsync("Orders", "alice", cancellationToken: Cancellation))
        {
            Assert.Equal((false, LimitReason.Limited, TimeSpan.FromSeconds(10)), (refused.IsAdmitted, refused.Reason, refused.RetryAfter));
            Assert.Equal((0, TimeSpan.FromSeconds(10)), (refused.Remaining, refused.ResetAfter));
        }

        _clock.Advance(TimeSpan.FromSeconds(10) - TimeSpan.FromTicks(1));
        Assert.False((await fake.PeekAsync("orders", "alice", cancellationToken: Cancellation)).IsAdmitted);
        _clock.Advance(TimeSpan.FromTicks(1));
        Assert.True((await fake.PeekAsync("orders", "alice", cancellationToken: Cancellation)).IsAdmitted);
    }

    [Fact]
    public async Task Without_a_clock_a_refusal_does_not_end_by_itself()
    {
        var fake = new FakeLimiter().Refuse("orders", TimeSpan.FromTicks(1));

        Assert.Equal(TimeSpan.FromTicks(1), (await fake.PeekAsync("orders", "alice", cancellationToken: Cancellation)).RetryAfter);
        fake.Admit("orders");
        Assert.True((await fake.PeekAsync("orders", "alice", cancellationToken: Cancellation)).IsAdmitted);
    }

    [Fact]
    public async Task What_is_said_of_a_subject_goes_before_what_is_said_of_the_policy()
    {
        var fake = new FakeLimiter().Refuse("orders", Minute).Admit("orders", "alice").Refuse("mails", Minute, "bob");

        Assert.Equal((true, false), (await AdmitsAsync("orders", "alice"), await AdmitsAsync("orders", "bob")));
        Assert.Equal((true, false), (await AdmitsAsync("mails", "alice"), await AdmitsAsync("mails", "bob")));
        fake.Clear("ORDERS");
        Assert.Equal((true, false), (await AdmitsAsync("orders", "bob"), await AdmitsAsync("mails", "bob")));

        async Task<bool> AdmitsAsync(string policy, string subject) =>
            (await fake.PeekAsync(policy, subject, cancellationToken: Cancellation)).IsAdmitted;
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public async Task Where_nobody_can_decide_the_test_says_what_is_done(bool? isAdmitted, bool expected)
    {
        var fake = new FakeLimiter().Unavailable("orders", isAdmitted);

        var asked = await fake.PeekAsync("orders", "alice", cancellationToken: Cancellation);
        Assert.Equal((expected, LimitReason.Unavailable, EngineFaultKind.Unavailable), (asked.IsAdmitted, asked.Reason, asked.Fault));
        Assert.Equal(TimeSpan.FromSeconds(1), asked.RetryAfter);
        Assert.False((await fake.RefundAsync("orders", "alice", cancellationToken: Cancellation)).IsAdmitted);
    }

    [Fact]
    public async Task Where_nobody_can_decide_a_declared_policy_does_as_it_says()
    {
        var fake = new FakeLimiter(_clock, o => o
            .AddPolicy("open", policy => policy.TokenBucket(1, Minute).WhenUnavailable(OnUnavailable.Allow))
            .AddPolicy("closed", policy => policy.TokenBucket(1, Minute).WhenUnavailable(OnUnavailable.Deny))
            .AddPolicy("shadow", policy => policy.TokenBucket(1, Minute).Shadow()));

        foreach (var (policy, expected) in new[] { ("open", true), ("closed", false), ("shadow", true) })
        {
            fake.Unavailable(policy);
            Assert.Equal(expected, (await fake.PeekAsync(policy, "alice", cancellationToken: Cancellation)).IsAdmitted);
        }

        fake.Refuse("shadow", Minute);
        var shadowed = await fake.PeekAsync("shadow", "alice", cancellationToken: Cancellation);
        Assert.Equal((true, LimitReason.Limited), (shadowed.IsAdmitted, shadowed.Reason));
    }

    [Fact]
    public async Task A_declared_policy_is_counted_exactly_by_the_tests_clock()
    {
        var fake = Counting();

        Assert.Equal(9, (await fake.AcquireAsync("orders", "alice", 1, "order-1", Cancellation)).Remaining);
        Assert.Equal(9, (await fake.AcquireAsync("orders", "alice", 1, "order-1", Cancellation)).Remaining); // the same request
        Assert.Equal(0, (await fake.AcquireAsync("orders", "alice", 9, cancellationToken: Cancellation)).Remaining);
        var refused = await fake.AcquireAsync("orders", "alice", cancellationToken: Cancellation);
        Assert.Equal((false, TimeSpan.FromSeconds(6), "memory"), (refused.IsAdmitted, refused.RetryAfter, refused.Source));
        Assert.True((await fake.PeekAsync("orders", "bob", cancellationToken: Cancellation)).IsAdmitted);

        _clock.Advance(TimeSpan.FromSeconds(6) - TimeSpan.FromMicroseconds(1));
        Assert.False((await fake.PeekAsync("orders", "alice", cancellationToken: Cancellation)).IsAdmitted);
        _clock.Advance(TimeSpan.FromMicroseconds(1));
        Assert.True((await fake.PeekAsync("orders", "alice", cancellationToken: Cancellation)).IsAdmitted);
    }

    [Fact]
    public async Task A_declared_policy_is_counted_where_it_was_when_what_was_said_is_taken_back()
    {
        var fake = Counting();
        await fake.AcquireAsync("orders", "alice", 4, cancellationToken: Cancellation);

        fake.Admit("orders");
        Assert.Equal(10, (await fake.AcquireAsync("orders", "alice", 10, cancellationToken: Cancellation)).Remaining);
        fake.Refuse("orders", Minute);
        Assert.Equal(7, (await fake.RefundAsync("orders", "alice", cancellationToken: Cancellation)).Remaining);
        fake.Clear("orders");
        Assert.Equal(7, (await fake.PeekAsync("orders", "alice", cancellationToken: Cancellation)).Remaining);
    }

    [Fact]
    public async Task Places_are_given_out_and_freed()
    {
        var fake = Counting();

        var first = await fake.AcquireAsync("uploads", "alice", cancellationToken: Cancellation);
        Assert.False((await fake.PeekAsync("uploads", "alice", cancellationToken: Cancellation)).IsAdmitted);
        await first.DisposeAsync();
        await using var second = await fake.AcquireAsync("uploads", "alice", cancellationToken: Cancellation);
        Assert.True(second.IsAdmitted);
        Assert.True((await fake.ReleaseAsync("uploads", "alice", second.PlaceId!, Cancellation)).IsAdmitted);
        Assert.True((await fake.PeekAsync("uploads", "alice", cancellationToken: Cancellation)).IsAdmitted);
    }

    [Fact]
    public async Task A_name_that_is_not_declared_is_refused_as_by_the_real_one()
    {
        var fake = Counting();
        using var host = HostOf(services => { });
        var real = host.Services.GetRequiredService<ILimiter>();

        Assert.Equal(await MistakeAsync(real), await MistakeAsync(fake));
        Assert.Throws<ArgumentException>(() => fake.Refuse("order", Minute));
        Assert.Throws<ArgumentException>(() => fake.Admit("order"));
        Assert.Throws<ArgumentException>(() => fake.Unavailable("order"));
        Assert.Throws<ArgumentException>(() => fake.Clear("order"));
        Assert.Empty(fake.Calls);

        static async Task<string> MistakeAsync(ILimiter limiter) =>
            (await Assert.ThrowsAsync<ArgumentException>(
                () => limiter.AcquireAsync("order", "alice", cancellationToken: Cancellation).AsTask()))
                .Message;
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Mistakes_are_exceptions_whatever_was_said(bool isDeclared)
    {
        var fake = (isDeclared ? Counting() : new FakeLimiter()).Admit("orders");

        await Assert.ThrowsAsync<ArgumentException>(() => fake.AcquireAsync("", "alice", cancellationToken: Cancellation).AsTask());
        await Assert.ThrowsAsync<ArgumentException>(() => fake.AcquireAsync("orders", "", cancellationToken: Cancellation).AsTask());
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => fake.PeekAsync("orders", "alice", 0, Cancellation).AsTask());
        await Assert.ThrowsAsync<ArgumentException>(() => fake.RefundAsync("orders", "alice", 1, "a b", Cancellation).AsTask());
        await Assert.ThrowsAsync<ArgumentException>(() => fake.ReleaseAsync("orders", "alice", "x", Cancellation).AsTask());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => fake.AcquireAsync("orders", "alice", cancellationToken: new CancellationToken(true)).AsTask());
        Assert.Throws<ArgumentOutOfRangeException>(() => fake.Refuse("orders", TimeSpan.Zero));
        Assert.Empty(fake.Calls);
    }

    [Fact]
    public void A_policy_that_breaks_a_rule_is_told_as_at_the_start()
    {
        var wrong = Assert.Throws<LimiterConfigurationException>(
            () => new FakeLimiter(null, o => o.AddPolicy("orders", policy => policy.TokenBucket(0, Minute))));

        Assert.Contains("Limiter:Policies:orders:Limit", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Calls_are_recorded_in_order_whoever_answered()
    {
        var fake = Counting().Refuse("uploads", Minute);
        await fake.AcquireAsync("Orders", "alice", 2, "order-1", Cancellation);
        await fake.PeekAsync("uploads", "bob", cancellationToken: Cancellation);
        await fake.RefundAsync("orders", "alice", 1, "order-1", Cancellation);
        var place = new string('0', 31) + "1";
        await fake.ReleaseAsync("uploads", "bob", place, Cancellation);

        Assert.Equal(
            [
                (Operation.Acquire, "Orders", "alice", 2, "order-1"),
                (Operation.Peek, "uploads", "bob", 1, null),
                (Operation.Refund, "orders", "alice", 1, "order-1"),
                (Operation.Release, "uploads", "bob", 0, place),
            ],
            fake.Calls);
        fake.ClearCalls();
        Assert.Empty(fake.Calls);
        Assert.Equal(9, (await fake.PeekAsync("orders", "alice", cancellationToken: Cancellation)).Remaining);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_apps_own_limiter_is_replaced_before_and_after_it_is_added(bool before)
    {
        var fake = new FakeLimiter();
        using var host = HostOf(services => services.AddFakeLimiter(fake), before);

        Assert.Same(fake, host.Services.GetRequiredService<ILimiter>());
        Assert.Same(fake, Assert.Single(host.Services.GetServices<ILimiter>()));
    }

    private static IHost HostOf(Action<IServiceCollection> configure, bool before = false)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        if (before)
            configure(builder.Services);
        builder.AddOrleansLimiter(Declare);
        if (!before)
            configure(builder.Services);
        return builder.Build();
    }

    private static void Declare(LimiterOptions options) => options
        .AddPolicy("orders", policy => policy.TokenBucket(10, Minute))
        .AddPolicy("uploads", policy => policy.Concurrency(1, Minute));

    private FakeLimiter Counting() => new(_clock, Declare);
}
