using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Core.Quotas;
using OrleansLimiter.Engines.Orleans;
using OrleansLimiter.Grains;
using OrleansLimiter.Valve;
using Xunit;

namespace OrleansLimiter.Orleans.Tests;

/// <summary>Apps of different names count apart on one cluster, and those of one name, or of none, together.</summary>
public sealed class ApplicationTests
{
    private static readonly SaleId Sale = SaleId.Of("concert");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Two_applications_share_neither_counts_nor_answered_requests_nor_rules_under_one_policys_name()
    {
        await using var silos = await TestSilos.StartAsync();
        var (shop, other) = (new OrleansEngine(silos.Gate, "Shop"), new OrleansEngine(silos.Gate, "Other"));
        Assert.True(LimitSpec.TryCreate(Algorithm.FixedWindow, [Bandwidth.Of(20, TimeSpan.FromHours(1))], 1, out var newer, out _));

        foreach (var engine in (OrleansEngine[])[shop, other, silos.Engine])
            Assert.Equal(9, await RemainingAsync(engine, Acquire with { Id = RequestId.Of("order-1") }));
        await shop.ExecuteAsync(Acquire with { Spec = newer }, Cancellation);

        var late = await other.ExecuteAsync(Acquire, Cancellation);
        Assert.Equal((8, null), (late.Decision.Remaining, late.NewerSpec));
    }

    [Fact]
    public async Task Two_front_ends_of_one_application_share_them()
    {
        await using var silos = await TestSilos.StartAsync();

        Assert.Equal(9, await RemainingAsync(new OrleansEngine(silos.Gate, "Shop"), Acquire));
        Assert.Equal(8, await RemainingAsync(new OrleansEngine(silos.Gate, "Shop"), Acquire));
    }

    [Fact]
    public async Task A_key_that_is_forgotten_is_the_applications_own_and_each_finds_its_snapshot_again()
    {
        await using var silos = await TestSilos.StartAsync();
        var shop = new OrleansEngine(silos.Gate, "Shop");
        await shop.ExecuteAsync(Acquire, Cancellation);
        await silos.Engine.ExecuteAsync(Acquire, Cancellation);

        await silos.DeactivateAsync("one");
        await silos.Cluster.DeactivateAsync(GrainId.Create(ActorTypes.TokenBucket, "Shop:acme/default/one"));
        await shop.ExecuteAsync(Acquire with { Operation = Operation.Reset }, Cancellation);

        Assert.Equal(10, await RemainingAsync(shop, Acquire with { Operation = Operation.Peek }));
        Assert.Equal(9, await RemainingAsync(silos.Engine, Acquire with { Operation = Operation.Peek }));
    }

    [Fact]
    public async Task Two_applications_share_no_line_under_one_sales_name_and_an_operator_pauses_the_own_one()
    {
        await using var silos = await TestSilos.StartAsync();
        var shop = new OrleansValve(silos.Gate, TestSilos.Seal, "Shop");
        foreach (var valve in (OrleansValve[])[shop, silos.Valve])
        {
            Assert.False((await valve.SetUpAsync(Spec(silos), Cancellation)).IsFault);
            Assert.False((await valve.JoinAsync(Sale, UserId.Of("000001"), Cancellation)).IsFault);
        }

        await shop.JoinAsync(Sale, UserId.Of("000002"), Cancellation);
        await shop.CommandAsync(Sale, ValveCommand.Pause, Cancellation);

        var (paused, open) = ((await shop.StatusAsync(Sale, Cancellation)).Value,
            (await silos.Valve.StatusAsync(Sale, Cancellation)).Value);
        Assert.Equal((true, false), (paused.IsPaused, open.IsPaused));
        Assert.Equal((2, 1), (PeopleIn(paused), PeopleIn(open)));
    }

    [Fact]
    public void Its_tenants_and_its_own_policies_have_quotas_of_their_own()
    {
        var quotas = new TenantQuotas(QuotaSizes.OfKeys(1_000, 100, 10, 100, 4));

        foreach (var name in (string[])["acme/default/a:b", "~app/login/a"])
        {
            Assert.Same(ActorNames.QuotaOf($"Shop:{name}", quotas), ActorNames.QuotaOf($"Shop:{name}2", quotas));
            Assert.NotSame(ActorNames.QuotaOf($"Shop:{name}", quotas), ActorNames.QuotaOf(name, quotas));
        }

        Assert.Same(quotas.For("acme", "default"), ActorNames.QuotaOf("acme/default/a:b", quotas));
        Assert.Same(quotas.For(KeyScope.OwnTenant, "login"), ActorNames.QuotaOf("~app/login/a", quotas));
        Assert.Same(quotas.For(KeyScope.OwnTenant, "Shop:login"), ActorNames.QuotaOf("Shop:~app/login/a", quotas));
    }

    [Fact]
    public void A_sale_is_named_without_its_application()
    {
        Assert.Equal(Sale, ActorNames.SaleOf("concert"));
        Assert.Equal(Sale, ActorNames.SaleOf("Shop:concert"));
    }

    private static int PeopleIn(in ValveStatus status) => status.Joining + status.Waiting + status.InCheckout;

    private static ValveSpec Spec(TestSilos silos)
    {
        var start = Instant.From(silos.Time.GetUtcNow());
        return ValveSpec.Of(Sale, start, start, ValveRates.Of(ValveRates.Most, TimeSpan.FromSeconds(1), ValveRates.Most));
    }

    private static LimitRequest Acquire => new(TestSilos.Key("one"), TestSilos.TenAnHour, Operation.Acquire, Permits.One);

    private static async Task<long> RemainingAsync(OrleansEngine engine, LimitRequest request) =>
        (await engine.ExecuteAsync(request, Cancellation)).Decision.Remaining;
}
