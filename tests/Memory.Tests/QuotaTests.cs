using OrleansLimiter.Conformance;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Engines.Memory;
using OrleansLimiter.TestKit;
using Xunit;

namespace OrleansLimiter.Memory.Tests;

/// <summary>Who may have how many keys: tenants, the service's own policies, and keys that cost more than others.</summary>
public sealed class QuotaTests
{
    private static readonly LimitSpec TenAMinute = Requests.Spec(Algorithm.TokenBucket, 10, TimeSpan.FromMinutes(1));
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddYears(56));

    [Fact]
    public async Task It_keeps_to_the_quotas_as_every_engine_does()
    {
        using var engine = new MemoryEngine(
            new MemoryEngineOptions { MaxKeys = 400, MaxKeysPerTenant = 100, MaxOwnKeys = 320, OwnPolicies = 4 }, _time);

        await QuotaSuite.RunAsync(new SmallQuotas(engine, tellsWhenExactly: true), TestContext.Current.CancellationToken);
    }

    [Fact]
    public void A_full_quota_says_when_its_first_key_is_whole_and_then_there_is_room()
    {
        using var engine = New(maxKeys: 100, maxKeysPerTenant: 10);
        engine.Execute(Requests.Of(Requests.Spec(Algorithm.TokenBucket, 10, TimeSpan.FromSeconds(10)), 99, scope: Requests.Other));
        for (var i = 0; i < 10; i++)
        {
            engine.Execute(Requests.Of(TenAMinute, i, permits: 10 - i));
            _time.Advance(TimeSpan.FromMilliseconds(1));
        }

        // The last one had one permit taken, 1 ms ago.
        Assert.Equal(5_999_000, WaitFor(engine, 10));
        _time.Advance(TimeSpan.FromMicroseconds(5_998_999));
        Assert.Equal(1, WaitFor(engine, 10));
        _time.Advance(TimeSpan.FromMicroseconds(1));
        Assert.False(engine.Execute(Requests.Of(TenAMinute, 10)).IsFault);

        // The next one had two taken, 1 ms before; a key that is made whole sooner makes room sooner.
        Assert.Equal(5_999_000, WaitFor(engine, 11));
        engine.Execute(Requests.Of(TenAMinute, 0, Operation.Refund, permits: 8));
        Assert.Equal(5_991_000, WaitFor(engine, 11));
    }

    [Fact]
    public void A_key_is_weighed_by_its_request_ids_its_log_its_leases_and_its_subject()
    {
        using var engine = New(maxKeys: 1_000, maxKeysPerTenant: 1_000);
        var scope = Requests.Acme;
        var plain = CountOf(engine, i => Requests.Of(TenAMinute, i));
        var named = CountOf(engine, i => Requests.Of(TenAMinute, i, id: new string('x', 64)));
        var logged = CountOf(engine, i => Requests.Of(Requests.Spec(Algorithm.SlidingWindowLog, 10, TimeSpan.FromMinutes(1)), i));
        var leased = CountOf(engine, i => Requests.Of(Requests.Spec(Algorithm.Concurrency, 10, TimeSpan.FromMinutes(1)), i));
        var longName = CountOf(engine, i => Requests.Of(TenAMinute, i) with { Key = SubjectKey.Of(scope, new string('u', 180) + i) });

        Assert.Equal(1_000, plain);
        Assert.InRange(named, 150, 260);
        Assert.InRange(logged, 280, 400);
        Assert.InRange(leased, 250, 370);
        Assert.InRange(longName, 320, 450);
    }

    [Fact]
    public void A_key_that_would_have_to_grow_is_a_fault_where_there_is_no_room_and_nothing_is_charged()
    {
        using var engine = New(maxKeys: 100, maxKeysPerTenant: 20);
        var log = Requests.Spec(Algorithm.SlidingWindowLog, 6, TimeSpan.FromMinutes(1));
        for (var i = 0; i < 4; i++)
        {
            engine.Execute(Requests.Of(log, 1));
            _time.Advance(TimeSpan.FromMicroseconds(1));
        }

        // One with a long name first, so that what is left in the end is less than anything grows by.
        engine.Execute(Requests.Of(TenAMinute, 3) with { Key = SubjectKey.Of(Requests.Acme, new string('u', 80)) });
        engine.Execute(Requests.Of(TenAMinute, 2));
        for (var i = 3; !engine.Execute(Requests.Of(TenAMinute, i)).IsFault; i++)
            Assert.InRange(i, 3, 30);

        // The log has four places, and a fifth would need four more.
        Assert.Equal(EngineFaultKind.KeyTableFull, engine.FaultOf(Requests.Of(log, 1)));
        Assert.Equal(EngineFaultKind.KeyTableFull, engine.FaultOf(Requests.Of(log, 1, Operation.Peek)));
        Assert.Equal(2, engine.Execute(Requests.Of(log, 1, Operation.Peek, permits: 0)).Decision.Remaining);
        Assert.Equal(EngineFaultKind.KeyTableFull, engine.FaultOf(Requests.Of(TenAMinute, 2, id: "order-1")));
        Assert.Equal(8, engine.Execute(Requests.Of(TenAMinute, 2)).Decision.Remaining);

        // What is refused needs no room, so it is told; and a log whose oldest entry is a window old has a place.
        Assert.Equal(Outcome.Limited, engine.Execute(Requests.Of(log, 1, permits: 3)).Decision.Outcome);
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.True(engine.Execute(Requests.Of(log, 1)).Decision.IsAdmitted);
    }

    [Fact]
    public void A_key_whose_policy_has_changed_is_decided_by_the_new_one_after_it_found_no_room()
    {
        var old = Revised(1, Bandwidth.Of(10, TimeSpan.FromMinutes(1)), Bandwidth.Of(20, TimeSpan.FromHours(1)));
        var changed = Revised(2, Bandwidth.Of(10, TimeSpan.FromMinutes(1)));
        using var full = New(maxKeys: 100, maxKeysPerTenant: 20);
        using var roomy = New(maxKeys: 100, maxKeysPerTenant: 100);
        foreach (var engine in (MemoryEngine[])[full, roomy])
            engine.Execute(Requests.Of(old, 1, permits: 3));
        for (var i = 2; !full.Execute(Requests.Of(TenAMinute, i)).IsFault; i++)
            Assert.InRange(i, 2, 30);

        Assert.Equal(EngineFaultKind.KeyTableFull, full.FaultOf(Requests.Of(changed, 1, id: "order-1")));
        Assert.Equal(EngineFaultKind.KeyTableFull, full.FaultOf(Requests.Of(changed, 1, id: "order-1")));
        for (var i = 0; i < 12; i++)
            Assert.Equal(roomy.Execute(Requests.Of(changed, 1)).Decision, full.Execute(Requests.Of(changed, 1)).Decision);

        static LimitSpec Revised(long revision, params Bandwidth[] bandwidths) =>
            LimitSpec.TryCreate(Algorithm.TokenBucket, bandwidths, revision, out var spec, out var error)
                ? spec
                : throw new InvalidOperationException(error.ToString());
    }

    [Fact]
    public void What_gives_back_under_an_id_is_never_refused_for_want_of_room()
    {
        using var engine = New(maxKeys: 100, maxKeysPerTenant: 20);
        var places = Requests.Spec(Algorithm.Concurrency, 10, TimeSpan.FromMinutes(1));
        var lease = engine.Execute(Requests.Of(places, 1)).Decision.Lease;
        engine.Execute(Requests.Of(TenAMinute, 2, permits: 3, id: "back-1"));
        for (var i = 3; !engine.Execute(Requests.Of(TenAMinute, i)).IsFault; i++)
            Assert.InRange(i, 3, 30);

        Assert.Equal(10, engine.Execute(Requests.Of(places, 1, Operation.Release, id: "done-1") with { Lease = lease }).Decision.Remaining);
        Assert.Equal(8, engine.Execute(Requests.Of(TenAMinute, 2, Operation.Refund, id: "back-1")).Decision.Remaining);
    }

    [Fact]
    public void A_request_that_was_answered_under_its_id_is_told_again_though_there_is_no_room()
    {
        using var engine = New(maxKeys: 100, maxKeysPerTenant: 20);
        engine.Execute(Requests.Of(TenAMinute, 1, permits: 3, id: "order-1"));
        for (var i = 2; !engine.Execute(Requests.Of(TenAMinute, i)).IsFault; i++)
            Assert.InRange(i, 2, 30);

        Assert.Equal(7, engine.Execute(Requests.Of(TenAMinute, 1, permits: 3, id: "order-1")).Decision.Remaining);
        Assert.Equal(EngineFaultKind.KeyTableFull, engine.FaultOf(Requests.Of(TenAMinute, 1, permits: 3, id: "order-2")));
    }

    [Fact]
    public void What_keys_took_is_given_back_when_they_are_forgotten()
    {
        using var engine = New(maxKeys: 500, maxKeysPerTenant: 500);
        for (var round = 0; round < 3; round++)
        {
            Assert.InRange(CountOf(engine, i => Requests.Of(TenAMinute, i, id: $"order-{i}")), 1, 400);
            Assert.Equal(500, CountOf(engine, i => Requests.Of(TenAMinute, i)));
        }
    }

    [Theory]
    [InlineData(0L, 8, "MaxOwnKeys must be at least 1.")]
    [InlineData(1_000_000_000_001L, 8, "MaxOwnKeys must be at most 1,000,000,000,000.")]
    [InlineData(1L, 0, "OwnPolicies must be at least 1.")]
    public void Options_out_of_bounds_are_refused_by_name(long maxOwnKeys, int ownPolicies, string rule)
    {
        var options = new MemoryEngineOptions { MaxOwnKeys = maxOwnKeys, OwnPolicies = ownPolicies };

        Assert.StartsWith(
            rule, Assert.Throws<ArgumentOutOfRangeException>(() => new MemoryEngine(options, _time)).Message, StringComparison.Ordinal);
    }

    /// <summary>How many keys there is room for, if nothing else is there.</summary>
    private long CountOf(MemoryEngine engine, Func<int, LimitRequest> make)
    {
        _time.Advance(TimeSpan.FromHours(1));
        for (var i = 0; !engine.Execute(make(i)).IsFault; i++)
            Assert.InRange(i, 0, 10_000);
        return engine.KeyCount;
    }

    private static long WaitFor(MemoryEngine engine, int subject)
    {
        var fault = engine.Execute(Requests.Of(TenAMinute, subject)).Fault;
        Assert.Equal(EngineFaultKind.KeyTableFull, fault.Kind);
        return fault.RetryAfter.Microseconds;
    }

    private MemoryEngine New(long maxKeys, long maxKeysPerTenant) =>
        new(new MemoryEngineOptions { MaxKeys = maxKeys, MaxKeysPerTenant = maxKeysPerTenant }, _time);
}
