using System.Text.RegularExpressions;
using OrleansLimiter.Conformance;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Grains;
using OrleansLimiter.TestKit;
using Xunit;

namespace OrleansLimiter.Orleans.Tests;

/// <summary>What outlives an activation, and that it never gives permits away.</summary>
public sealed class SnapshotTests
{
    // In ms. A test that waits for something that does not come fails then, instead of holding up all others.
    private const int LongestWait = 60_000;

    private static readonly TimeSpan Never = TimeSpan.FromHours(1);
    private static readonly TimeSpan AtOnce = TimeSpan.FromMilliseconds(20);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_deactivated_key_comes_back_with_what_the_time_in_between_gave_it()
    {
        await using var silos = await TestSilos.StartAsync(options => options.SnapshotInterval = Never);
        await silos.DecideAsync("one", TestSilos.TenAnHour, Operation.Acquire, 10, Cancellation, "order-1");

        await silos.DeactivateAsync("one");
        silos.Time.Advance(TimeSpan.FromMinutes(12) - TimeSpan.FromMicroseconds(1));

        Assert.Equal(1, await silos.RemainingAsync("one", TestSilos.TenAnHour, Cancellation));
        silos.Time.Advance(TimeSpan.FromMicroseconds(1));
        Assert.Equal(2, await silos.RemainingAsync("one", TestSilos.TenAnHour, Cancellation));
    }

    [Fact]
    public async Task A_request_repeated_after_a_deactivation_is_charged_once()
    {
        await using var silos = await TestSilos.StartAsync(options => options.SnapshotInterval = Never);
        var first = await silos.DecideAsync("one", TestSilos.TenAnHour, Operation.Acquire, 4, Cancellation, "order-1");

        await silos.DeactivateAsync("one");

        Assert.Equal(first, await silos.DecideAsync("one", TestSilos.TenAnHour, Operation.Acquire, 4, Cancellation, "order-1"));
        Assert.Equal(6, await silos.RemainingAsync("one", TestSilos.TenAnHour, Cancellation));
    }

    [Fact(Timeout = LongestWait)]
    public async Task Idle_collection_hands_out_no_free_refill()
    {
        await using var silos = await TestSilos.StartAsync(options => options.SnapshotInterval = Never);
        await silos.DecideAsync("one", TestSilos.TenAnHour, Operation.Acquire, 10, Cancellation);
        Assert.False(silos.Disk.Has(TestSilos.CommonIdOf("one")));

        var collected = silos.Cluster.WaitForDeactivationAsync(TestSilos.IdOf("one"));
        Assert.False(collected.IsCompleted);
        await silos.Cluster.Client.GetGrain<IManagementGrain>(0)
            .ForceActivationCollection(TimeSpan.Zero, TestContext.Current.CancellationToken);
        await collected.WaitAsync(Cancellation);

        Assert.True(silos.Disk.Has(TestSilos.CommonIdOf("one")));
        Assert.Equal(Outcome.Limited, (await silos.DecideAsync("one", TestSilos.TenAnHour, Operation.Acquire, 1, Cancellation)).Outcome);
    }

    [Fact]
    public async Task A_whole_key_leaves_no_record()
    {
        await using var silos = await TestSilos.StartAsync(options => options.SnapshotInterval = Never);
        await silos.DecideAsync("one", TestSilos.TenAnHour, Operation.Acquire, 5, Cancellation);
        await silos.DeactivateAsync("one");
        Assert.True(silos.Disk.Has(TestSilos.CommonIdOf("one")));

        silos.Time.Advance(TimeSpan.FromMinutes(30));
        await silos.RemainingAsync("one", TestSilos.TenAnHour, Cancellation);
        await silos.DeactivateAsync("one");

        Assert.False(silos.Disk.Has(TestSilos.CommonIdOf("one")));
        Assert.Equal(10, await silos.RemainingAsync("one", TestSilos.TenAnHour, Cancellation));
    }

    [Fact]
    public async Task A_silo_that_leaves_takes_no_durable_key_with_it()
    {
        await using var silos = await TestSilos.StartAsync(options => options.SnapshotInterval = Never);
        await silos.DecideAsync("one", TestSilos.TenAnHour, Operation.Acquire, 7, Cancellation);

        await silos.Cluster.StopSiloAsync(silos.SiloOf("one"), TestContext.Current.CancellationToken);
        await silos.Cluster.WaitForLivenessToStabilizeAsync();

        Assert.Equal(3, await silos.RemainingAsync("one", TestSilos.TenAnHour, Cancellation));
    }

    [Fact(Timeout = LongestWait)]
    public async Task After_a_crash_a_key_has_what_its_last_snapshot_says()
    {
        await using var silos = await TestSilos.StartAsync(options => options.SnapshotInterval = AtOnce);
        await silos.DecideAsync("one", TestSilos.TenAnHour, Operation.Acquire, 7, Cancellation);
        await silos.Disk.SavedAsync(TestSilos.CommonIdOf("one"), Cancellation);

        await silos.Cluster.KillSiloAsync(silos.SiloOf("one"), TestContext.Current.CancellationToken);
        await silos.Cluster.WaitForLivenessToStabilizeAsync(didKill: true);

        Assert.Equal(3, await silos.RemainingAsync("one", TestSilos.TenAnHour, Cancellation));
    }

    [Fact(Timeout = LongestWait)]
    public async Task A_crash_before_the_first_snapshot_gives_one_capacity_more_and_no_crash_gives_more_than_one()
    {
        await using var silos = await TestSilos.StartAsync(options => options.SnapshotInterval = Never, count: 3);
        var admitted = await silos.AdmittedAsync("one", TestSilos.TenAnHour, 30, Cancellation);
        Assert.Equal(10, admitted);

        // A silo that is killed within this process still deactivates some of its actors: a real crash writes nothing.
        silos.Disk.IsBroken = true;
        await silos.Cluster.KillSiloAsync(silos.SiloOf("one"), TestContext.Current.CancellationToken);
        await silos.Cluster.WaitForLivenessToStabilizeAsync(didKill: true);
        silos.Disk.IsBroken = false;
        admitted += await silos.AdmittedAsync("one", TestSilos.TenAnHour, 30, Cancellation);
        Assert.Equal(2 * 10, admitted);

        // The other silo's crash is not this key's.
        await silos.Cluster.KillSiloAsync(
            silos.Cluster.Silos.First(silo => silo != silos.SiloOf("one")), TestContext.Current.CancellationToken);
        await silos.Cluster.WaitForLivenessToStabilizeAsync(didKill: true);
        admitted += await silos.AdmittedAsync("one", TestSilos.TenAnHour, 30, Cancellation);
        Assert.Equal(2 * 10, admitted);
    }

    [Fact(Timeout = LongestWait)]
    public async Task A_key_that_goes_on_changing_is_stored_again_after_the_interval()
    {
        await using var silos = await TestSilos.StartAsync(options => options.SnapshotInterval = AtOnce);
        for (var permits = 1; permits <= 3; permits++)
        {
            await silos.DecideAsync("one", TestSilos.TenAnHour, Operation.Acquire, 1, Cancellation);
            await silos.Disk.SavedAsync(TestSilos.CommonIdOf("one"), Cancellation);
        }

        await silos.Cluster.KillSiloAsync(silos.SiloOf("one"), TestContext.Current.CancellationToken);
        await silos.Cluster.WaitForLivenessToStabilizeAsync(didKill: true);

        Assert.Equal(7, await silos.RemainingAsync("one", TestSilos.TenAnHour, Cancellation));
    }

    [Fact]
    public async Task A_refusal_or_a_peek_writes_nothing()
    {
        await using var silos = await TestSilos.StartAsync(options => options.SnapshotInterval = Never);
        await silos.RemainingAsync("one", TestSilos.TenAnHour, Cancellation);
        Assert.Equal(Outcome.CostAboveCapacity,
            (await silos.DecideAsync("one", TestSilos.TenAnHour, Operation.Acquire, 11, Cancellation)).Outcome);
        await silos.DecideAsync("short", TestSilos.TenASecond, Operation.Acquire, 10, Cancellation);

        await silos.DeactivateAsync("one");
        await silos.DeactivateAsync("short");

        Assert.False(silos.Disk.Has(TestSilos.CommonIdOf("one")));
        Assert.False(silos.Disk.Has(TestSilos.CommonIdOf("short")));
    }

    [Theory]
    [InlineData(7, 2, 3)]
    [InlineData(2, 7, 3)]
    public async Task Two_activations_that_did_not_know_of_each_other_end_with_the_smaller_number_of_permits(
        int theirs, int ours, long remaining)
    {
        await using var silos = await TestSilos.StartAsync(options => options.SnapshotInterval = Never);
        var record = TestSilos.CommonIdOf("one");
        await silos.DecideAsync("one", TestSilos.TenAnHour, Operation.Acquire, theirs, Cancellation);
        await silos.DeactivateAsync("one");
        var stored = silos.Disk.Copy(record).Data;

        // Another record in its place, which this activation has not read.
        await silos.DecideAsync("one", TestSilos.TenAnHour, Operation.Reset, 0, Cancellation);
        await silos.DecideAsync("one", TestSilos.TenAnHour, Operation.Acquire, ours, Cancellation);
        silos.Disk.Put(record, stored);
        await silos.DeactivateAsync("one");

        Assert.Equal(1, silos.Disk.Conflicts);
        Assert.Equal(remaining, await silos.RemainingAsync("one", TestSilos.TenAnHour, Cancellation));
    }

    [Fact]
    public async Task While_storage_cannot_be_read_a_durable_key_that_is_not_active_is_unavailable_and_every_other_answers()
    {
        await using var silos = await TestSilos.StartAsync(options => options.SnapshotInterval = Never);
        await silos.DecideAsync("one", TestSilos.TenAnHour, Operation.Acquire, 7, Cancellation);
        await silos.DeactivateAsync("one");
        await silos.DecideAsync("active", TestSilos.TenAnHour, Operation.Acquire, 7, Cancellation);
        silos.Disk.IsBroken = true;

        var fault = (await silos.AskAsync("one", TestSilos.TenAnHour, Operation.Acquire, 1, Cancellation)).Fault;

        Assert.Equal(EngineFaultKind.Unavailable, fault.Kind);
        Assert.True((await silos.DecideAsync("active", TestSilos.TenAnHour, Operation.Acquire, 1, Cancellation)).IsAdmitted);
        Assert.True((await silos.DecideAsync("short", TestSilos.TenASecond, Operation.Acquire, 1, Cancellation)).IsAdmitted);
        silos.Disk.IsBroken = false;
        Assert.Equal(3, await silos.RemainingAsync("one", TestSilos.TenAnHour, Cancellation));
    }

    [Fact]
    public async Task A_record_that_is_not_understood_does_not_stop_the_key()
    {
        await using var silos = await TestSilos.StartAsync(options => options.SnapshotInterval = Never);
        var record = TestSilos.CommonIdOf("one");
        await silos.DecideAsync("one", TestSilos.TenAnHour, Operation.Acquire, 7, Cancellation);
        await silos.DeactivateAsync("one");
        var text = silos.Disk.Copy(record).Data.ToString();
        var broken = Regex.Replace(text, "\"ContentHash\":[0-9]+", "\"ContentHash\":1");
        Assert.NotEqual(text, broken);
        silos.Disk.Put(record, BinaryData.FromString(broken));

        Assert.Equal(10, await silos.RemainingAsync("one", TestSilos.TenAnHour, Cancellation));
    }

    [Fact]
    public void A_key_that_is_not_durable_is_forgettable_within_the_time_that_idle_actors_are_kept()
    {
        var durable = 0;
        for (var seed = 1; seed <= 4_000; seed++)
        {
            var dice = new Dice(seed);
            var spec = RandomSpecs.Draw(dice, dice.OneOf<Algorithm>([.. RandomSpecs.All]), dice.OneOf(Enum.GetValues<Flavour>()));
            if (KeyDurability.IsDurable(spec))
            {
                durable++;
                continue;
            }

            var now = new Instant(1_795_308_217_000_000 + dice.From(0, 100_000_000));
            var state = LimitKey.Fresh(spec, now);
            var request = new LimitRequest(TestSilos.Key("one"), spec, Operation.Acquire, Permits.Of(spec.Capacity), RequestId.Of("id"));
            Assert.True(LimitKey.Execute(ref spec, ref state, request, new LeaseId(1), now).Decision.IsAdmitted);
            var idleOver = now.After(Wait.OfMicroseconds((long)TimeSpan.FromMinutes(KeyDurability.IdleMinutes).TotalMicroseconds));
            Assert.True(LimitKey.ForgettableAt(spec, state, now) <= idleOver, $"seed {seed}: {spec}");
        }

        Assert.InRange(durable, 500, 3_500);
    }
}
