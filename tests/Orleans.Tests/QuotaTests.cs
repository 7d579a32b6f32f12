using OrleansLimiter.Conformance;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Grains;
using Xunit;

namespace OrleansLimiter.Orleans.Tests;

/// <summary>Who may have how many keys in a silo's memory.</summary>
public sealed class QuotaTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_keeps_to_the_quotas_as_every_engine_does()
    {
        await using var silos = await TestSilos.StartAsync(
            options => (options.MaxActiveKeys, options.MaxActiveKeysPerTenant, options.MaxActiveOwnKeys, options.OwnPolicies) = (
                400, 100, 320, 4), count: 1);

        await QuotaSuite.RunAsync(new SmallQuotas(silos.Engine, tellsWhenExactly: false), Cancellation);
    }

    [Fact]
    public async Task A_tenant_that_has_filled_its_quota_has_room_again_once_a_key_is_gone()
    {
        await using var silos = await TestSilos.StartAsync(
            options => (options.MaxActiveKeys, options.MaxActiveKeysPerTenant) = (100, 3), count: 1);
        foreach (var key in (string[])["a", "b", "c"])
            await silos.DecideAsync(key, TestSilos.TenAnHour, Operation.Acquire, 1, Cancellation);

        var full = await silos.AskAsync("d", TestSilos.TenAnHour, Operation.Acquire, 1, Cancellation);
        await silos.DeactivateAsync("b");
        var room = await silos.AskAsync("d", TestSilos.TenAnHour, Operation.Acquire, 1, Cancellation);

        Assert.Equal(EngineFaultKind.KeyTableFull, full.Fault.Kind);
        Assert.Equal(60, full.Fault.RetryAfter.SecondsUp);
        Assert.False(room.IsFault);
    }

    [Fact]
    public async Task A_key_is_weighed_by_what_it_holds_also_when_it_was_stored_in_between()
    {
        // Room for ten plain keys; a log of 500 entries is as large as four or five.
        await using var silos = await TestSilos.StartAsync(
            options => (options.MaxActiveKeys, options.MaxActiveKeysPerTenant) = (100, 10), count: 1);
        var log = LimitSpec.Of(Algorithm.SlidingWindowLog, Bandwidth.Of(1_000, TimeSpan.FromHours(1)));
        for (var i = 0; i < 500; i++)
        {
            await silos.DecideAsync("log", log, Operation.Acquire, 1, Cancellation);
            silos.Time.Advance(TimeSpan.FromMilliseconds(1));
        }

        var first = await RoomAsync(silos, "first");
        await silos.DeactivateAsync("log");
        var second = await RoomAsync(silos, "second");
        Assert.Equal(10, first + second);
        Assert.InRange(first, 3, 6);
        Assert.Equal(EngineFaultKind.KeyTableFull, (await silos.AskAsync("log", log, Operation.Acquire, 1, Cancellation)).Fault.Kind);

        // Restored from its snapshot it weighs what it did.
        for (var i = 0; i < first; i++)
            await silos.DeactivateAsync($"first-{i}");
        for (var i = 0; i < second; i++)
            await silos.DeactivateAsync($"second-{i}");
        Assert.Equal(499, (await silos.DecideAsync("log", log, Operation.Acquire, 1, Cancellation)).Remaining);
        Assert.Equal(first, await RoomAsync(silos, "third"));
    }

    [Fact]
    public void A_build_before_this_one_reads_a_full_quota_as_overloaded()
    {
        var reply = WireMap.KeyTableFull(Wait.OfMicroseconds(7));

        Assert.Equal((byte)ReplyKind.Overloaded, reply.Kind);
        Assert.Equal(EngineFault.KeyTableFullFor(Wait.OfMicroseconds(7)), WireMap.ToOverload(reply));
        Assert.Equal(EngineFault.Overloaded, WireMap.ToOverload(WireMap.Failed(ReplyKind.Overloaded)));
    }

    [Fact]
    public void Settings_out_of_bounds_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(new LimitGrainOptions { MaxActiveKeysPerTenant = 0 }.Validate);
        Assert.Throws<ArgumentOutOfRangeException>(new LimitGrainOptions { MaxActiveKeys = 10, MaxActiveKeysPerTenant = 11 }.Validate);
        Assert.Throws<ArgumentOutOfRangeException>(new LimitGrainOptions { MaxActiveOwnKeys = 0 }.Validate);
        Assert.Throws<ArgumentOutOfRangeException>(new LimitGrainOptions { OwnPolicies = 0 }.Validate);
    }

    /// <summary>How many more plain keys there is room for.</summary>
    private static async Task<int> RoomAsync(TestSilos silos, string name)
    {
        for (var i = 0; ; i++)
        {
            if ((await silos.AskAsync($"{name}-{i}", TestSilos.TenAnHour, Operation.Acquire, 1, Cancellation)).IsFault)
                return i;
        }
    }
}
