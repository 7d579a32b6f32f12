using Microsoft.Extensions.Time.Testing;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Engines.Memory;
using Xunit;

namespace OrleansLimiter.Memory.Tests;

/// <summary>What happens where there is no room for another key.</summary>
[Collection(nameof(MeasuredMemory))]
public sealed class BoundedMemoryTests
{
    private static readonly LimitSpec TenAMinute = Requests.Spec(Algorithm.TokenBucket, 10, TimeSpan.FromMinutes(1));
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void A_new_key_is_a_fault_at_MaxKeys_and_known_keys_are_not_affected()
    {
        using var engine = New(maxKeys: 50, maxKeysPerTenant: 50);
        for (var i = 0; i < 50; i++)
            Assert.Equal(9, engine.Execute(Requests.Of(TenAMinute, i)).Decision.Remaining);
        Assert.Equal(50, engine.KeyCount);

        for (var i = 50; i < 1_000; i++)
            Assert.Equal(EngineFaultKind.KeyTableFull, engine.FaultOf(Requests.Of(TenAMinute, i)));

        // A peek says what an acquire would be answered. One for nothing, or for more than there ever is, needs no room.
        Assert.Equal(EngineFaultKind.KeyTableFull, engine.FaultOf(Requests.Of(TenAMinute, 50, Operation.Peek)));
        Assert.Equal(10, engine.Execute(Requests.Of(TenAMinute, 50, Operation.Peek, permits: 0)).Decision.Remaining);
        Assert.Equal(Outcome.CostAboveCapacity, engine.Execute(Requests.Of(TenAMinute, 50, Operation.Peek, permits: 11)).Decision.Outcome);

        Assert.Equal(50, engine.KeyCount);
        for (var i = 0; i < 50; i++)
            Assert.Equal(8, engine.Execute(Requests.Of(TenAMinute, i)).Decision.Remaining);
    }

    [Fact]
    public void The_fault_says_when_there_is_room()
    {
        using var engine = New(maxKeys: 1, maxKeysPerTenant: 1);
        engine.Execute(Requests.Of(TenAMinute, 1));

        var reply = engine.Execute(Requests.Of(TenAMinute, 2));

        Assert.True(reply.IsFault);
        Assert.True(reply.Fault.IsTransient);
        Assert.Equal(6_000_000, reply.Fault.RetryAfter.Microseconds);
    }

    [Fact]
    public void What_changes_nothing_needs_no_room()
    {
        using var engine = New(maxKeys: 1, maxKeysPerTenant: 1);
        engine.Execute(Requests.Of(TenAMinute, 1));

        Assert.Equal(10, engine.Execute(Requests.Of(TenAMinute, 2, Operation.Peek, permits: 0)).Decision.Remaining);
        Assert.Equal(10, engine.Execute(Requests.Of(TenAMinute, 2, Operation.Refund)).Decision.Remaining);
        Assert.Equal(Outcome.CostAboveCapacity, engine.Execute(Requests.Of(TenAMinute, 2, permits: 11)).Decision.Outcome);
        Assert.Equal(1, engine.KeyCount);
    }

    [Fact]
    public void Whole_keys_make_room_for_new_ones_without_waiting_for_the_sweep()
    {
        // A permit comes back every half second, and the sweep once a second.
        var spec = Requests.Spec(Algorithm.TokenBucket, 10, TimeSpan.FromSeconds(5));
        using var engine = New(maxKeys: 50, maxKeysPerTenant: 50);
        for (var i = 0; i < 50; i++)
            engine.Execute(Requests.Of(spec, i, permits: i < 20 ? 1 : 3));

        _time.Advance(TimeSpan.FromMicroseconds(499_999));
        Assert.Equal(EngineFaultKind.KeyTableFull, engine.FaultOf(Requests.Of(spec, 100)));

        _time.Advance(TimeSpan.FromMicroseconds(1));
        Assert.Equal(50, engine.KeyCount);
        for (var i = 100; i < 120; i++)
            Assert.Equal(9, engine.Execute(Requests.Of(spec, i)).Decision.Remaining);
        Assert.Equal(EngineFaultKind.KeyTableFull, engine.FaultOf(Requests.Of(spec, 120)));
        Assert.Equal(50, engine.KeyCount);

        // Those that were not whole are known still: three were taken, one has come back.
        for (var i = 20; i < 50; i++)
            Assert.Equal(7, engine.Execute(Requests.Of(spec, i)).Decision.Remaining);
    }

    [Fact]
    public void A_key_made_whole_by_a_refund_makes_room_at_once()
    {
        using var engine = New(maxKeys: 1, maxKeysPerTenant: 1);
        engine.Execute(Requests.Of(TenAMinute, 1));
        engine.Execute(Requests.Of(TenAMinute, 1, Operation.Refund));

        Assert.Equal(9, engine.Execute(Requests.Of(TenAMinute, 2)).Decision.Remaining);
    }

    [Fact]
    public void One_tenant_fills_its_share_and_no_more()
    {
        using var engine = new MemoryEngine(new MemoryEngineOptions { MaxKeys = 400 }, _time);
        var made = 0;
        for (var i = 0; i < 5_000; i++)
            made += engine.Execute(Requests.Of(TenAMinute, i)).IsFault ? 0 : 1;
        Assert.Equal(100, made);

        for (var i = 0; i < 100; i++)
            Assert.Equal(9, engine.Execute(Requests.Of(TenAMinute, i, scope: Requests.Other)).Decision.Remaining);
        Assert.Equal(EngineFaultKind.KeyTableFull, engine.FaultOf(Requests.Of(TenAMinute, 100, scope: Requests.Other)));
        Assert.Equal(200, engine.KeyCount);
    }

    [Fact]
    public void Keys_that_found_the_whole_table_full_do_not_count_in_their_tenants_share()
    {
        using var engine = New(maxKeys: 10, maxKeysPerTenant: 8);
        for (var i = 0; i < 8; i++)
            engine.Execute(Requests.Of(TenAMinute, i));
        for (var i = 0; i < 30; i++)
            engine.Execute(Requests.Of(TenAMinute, i, scope: Requests.Other));
        Assert.Equal(10, engine.KeyCount);

        for (var i = 0; i < 8; i++)
            engine.Execute(Requests.Of(TenAMinute, i, Operation.Reset));
        for (var i = 100; i < 106; i++)
            Assert.False(engine.Execute(Requests.Of(TenAMinute, i, scope: Requests.Other)).IsFault);
        Assert.Equal(EngineFaultKind.KeyTableFull, engine.FaultOf(Requests.Of(TenAMinute, 106, scope: Requests.Other)));
    }

    [Fact]
    public void All_policies_of_a_tenant_share_its_share()
    {
        using var engine = New(maxKeys: 400, maxKeysPerTenant: 10);
        var login = KeyScope.Of("acme", "login");
        for (var i = 0; i < 5; i++)
        {
            Assert.False(engine.Execute(Requests.Of(TenAMinute, i)).IsFault);
            Assert.False(engine.Execute(Requests.Of(TenAMinute, i, scope: login)).IsFault);
        }

        Assert.Equal(EngineFaultKind.KeyTableFull, engine.FaultOf(Requests.Of(TenAMinute, 5)));
        Assert.Equal(EngineFaultKind.KeyTableFull, engine.FaultOf(Requests.Of(TenAMinute, 5, scope: login)));
    }

    [Fact]
    public void Ten_million_keys_sprayed_at_it_do_not_grow_it_past_its_bound_nor_touch_known_keys()
    {
        const int Sprayed = 10_000_000;
        const int MaxKeys = 40_000;
        using var engine = new MemoryEngine(new MemoryEngineOptions { MaxKeys = MaxKeys }, _time);
        for (var i = 0; i < 1_000; i++)
            engine.Execute(Requests.Of(TenAMinute, i, permits: 3, scope: Requests.Other));
        Spray(engine, 0, MaxKeys);
        var before = GC.GetTotalMemory(forceFullCollection: true);

        Spray(engine, MaxKeys, Sprayed);

        var grown = GC.GetTotalMemory(forceFullCollection: true) - before;
        Assert.Equal((MaxKeys / 4) + 1_000, engine.KeyCount);
        Assert.True(grown < 1_000_000, $"It grew by {grown} bytes.");
        for (var i = 0; i < 1_000; i++)
            Assert.Equal(6, engine.Execute(Requests.Of(TenAMinute, i, scope: Requests.Other)).Decision.Remaining);
        Assert.Equal(9, engine.Execute(Requests.Of(TenAMinute, 1_000, scope: Requests.Other)).Decision.Remaining);
    }

    [Theory]
    [InlineData(0, null, "MaxKeys must be at least 1.")]
    [InlineData(-1, null, "MaxKeys must be at least 1.")]
    [InlineData(long.MaxValue, null, "MaxKeys must be at most 1,000,000,000,000.")]
    [InlineData(10, 0L, "MaxKeysPerTenant must be from 1 to MaxKeys.")]
    [InlineData(10, 11L, "MaxKeysPerTenant must be from 1 to MaxKeys.")]
    public void Options_out_of_bounds_are_refused_by_name(long maxKeys, long? maxKeysPerTenant, string rule)
    {
        var options = new MemoryEngineOptions { MaxKeys = maxKeys, MaxKeysPerTenant = maxKeysPerTenant };

        var error = Assert.Throws<ArgumentOutOfRangeException>(() => new MemoryEngine(options, _time));

        Assert.StartsWith(rule, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void By_default_there_are_a_million_keys_and_a_single_key_is_room_for_one_tenant()
    {
        Assert.Equal(1_000_000, new MemoryEngineOptions().MaxKeys);
        using var engine = new MemoryEngine(new MemoryEngineOptions { MaxKeys = 1 }, _time);

        Assert.False(engine.Execute(Requests.Of(TenAMinute, 1)).IsFault);
    }

    private static void Spray(MemoryEngine engine, long from, long to) => Parallel.For(0, 2, half =>
    {
        for (var subject = from + half; subject < to; subject += 2)
            engine.Execute(Requests.Of(TenAMinute, subject));
    });

    private MemoryEngine New(long maxKeys, long maxKeysPerTenant) =>
        new(new MemoryEngineOptions { MaxKeys = maxKeys, MaxKeysPerTenant = maxKeysPerTenant }, _time);
}
