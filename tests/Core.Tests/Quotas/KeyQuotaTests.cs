using OrleansLimiter.Core.Limits;
using OrleansLimiter.Core.Quotas;
using Xunit;

namespace OrleansLimiter.Core.Tests.Quotas;

/// <summary>Bytes of keys, counted for a holder and for those above it.</summary>
public sealed class KeyQuotaTests
{
    [Fact]
    public void What_is_reserved_does_not_count_above_and_the_rest_does()
    {
        var common = new KeyQuota(100);
        var one = new KeyQuota(long.MaxValue, common, reserved: 10);
        var other = new KeyQuota(long.MaxValue, common, reserved: 10);

        Assert.Null(one.TryTake(110));
        Assert.Equal((110, 100), (one.Used, common.Used));
        Assert.Same(common, one.TryTake(1));
        Assert.Same(common, one.FullFor(1));
        Assert.Null(other.FullFor(10));
        Assert.Null(other.TryTake(10));
        Assert.Same(common, other.TryTake(1));

        // Given back, it is the common part that comes back first.
        one.GiveBack(30);
        Assert.Equal((80, 70), (one.Used, common.Used));
        Assert.Null(other.TryTake(30));
        one.GiveBack(80);
        other.GiveBack(40);
        Assert.Equal((0, 0, 0), (one.Used, other.Used, common.Used));
    }

    [Fact]
    public void What_is_in_use_already_is_taken_past_the_bound_and_nobody_new_comes_in()
    {
        var all = new KeyQuota(20);
        var one = new KeyQuota(10, all);
        Assert.Null(one.TryTake(10));

        one.Take(15);
        Assert.Equal((25, 25), (one.Used, all.Used));
        Assert.Same(one, one.TryTake(1));
        Assert.Same(all, new KeyQuota(10, all).TryTake(1));
        one.GiveBack(16);
        Assert.Null(one.TryTake(1));
    }

    [Fact]
    public void When_there_is_room_is_forgotten_with_what_is_given_back_and_only_becomes_sooner()
    {
        var all = new KeyQuota(20);
        var one = new KeyQuota(10, all);
        one.TryTake(10);
        (one.RoomAt, all.RoomAt) = (1_000, 2_000);

        one.HasRoomAt(1_500);
        Assert.Equal((1_000, 1_500), (one.RoomAt, all.RoomAt));
        one.HasRoomAt(500);
        Assert.Equal((500, 500), (one.RoomAt, all.RoomAt));
        one.GiveBack(1);
        Assert.Equal((0, 0), (one.RoomAt, all.RoomAt));
        Assert.True(one.IsWithin(all) && one.IsWithin(one) && !all.IsWithin(one));
    }

    [Fact]
    public void Threads_never_take_more_together_than_there_is()
    {
        var common = new KeyQuota(1_000);
        var holders = Enumerable.Range(0, 4).Select(_ => new KeyQuota(400, common, reserved: 50)).ToArray();

        Parallel.For(0, 40_000, i =>
        {
            var holder = holders[i % holders.Length];
            if (holder.TryTake(7) is not null)
                return;
            Assert.InRange(holder.Used, 0, 400);
            Assert.InRange(common.Used, 0, 1_000);
            holder.GiveBack(7);
        });

        Assert.All(holders, holder => Assert.Equal(0, holder.Used));
        Assert.Equal(0, common.Used);
    }

    [Fact]
    public void Each_own_policy_has_a_part_that_no_other_takes_and_a_tenant_one_quota_for_all_its_policies()
    {
        var quotas = new TenantQuotas(new QuotaSizes(Callers: 100, PerTenant: 25, Own: 80, OwnPolicies: 4));
        KeyQuota Own(string policy) => quotas.For(KeyScope.Of(KeyScope.OwnTenant, policy));

        Assert.Null(Own("login").TryTake(10 + 40));
        Assert.NotNull(Own("login").TryTake(1));
        foreach (var policy in (string[])["signup", "browse", "buy"])
            Assert.Null(Own(policy).TryTake(10));

        Assert.Same(quotas.For(KeyScope.Of("acme", "a")), quotas.For("acme", "b"));
        foreach (var tenant in (string[])["a", "b", "c", "d"])
            Assert.Null(quotas.For(tenant, "default").TryTake(25));
        Assert.True(quotas.IsOfAllCallers(quotas.For("e", "default").TryTake(1)!));
        Assert.Same(quotas.For("a", "default"), quotas.For("a", "default").TryTake(1));

        // Whoever may have all fills all, and not a quota of its own.
        var single = new TenantQuotas(new QuotaSizes(100, 100, 80, 4));
        Assert.Null(single.For("acme", "default").TryTake(100));
        Assert.True(single.IsOfAllCallers(single.For("acme", "default").TryTake(1)!));
    }
}
