using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using Xunit;

namespace OrleansLimiter.Orleans.Tests;

/// <summary>Two silos as one limiter: exact under concurrency, and after the loss of a silo.</summary>
public sealed class ClusterTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Concurrent_callers_of_one_key_are_admitted_exactly_the_limit()
    {
        await using var silos = await TestSilos.StartAsync();

        var replies = await Task.WhenAll(Enumerable.Range(0, 1_000)
            .Select(_ => silos.DecideAsync("one", TestSilos.TenAnHour, Operation.Acquire, 1, Cancellation).AsTask()));

        Assert.Equal(10, replies.Count(decision => decision.IsAdmitted));
        Assert.All(replies.Where(decision => !decision.IsAdmitted), decision =>
            Assert.Equal(TimeSpan.FromMinutes(6).TotalMicroseconds, decision.RetryAfter.Microseconds));
    }

    [Fact]
    public async Task Keys_are_spread_over_both_silos()
    {
        await using var silos = await TestSilos.StartAsync();
        for (var i = 0; i < 200; i++)
            await silos.DecideAsync($"key-{i}", TestSilos.TenASecond, Operation.Acquire, 1, Cancellation);

        var perSilo = Enumerable.Range(0, 200).GroupBy(i => silos.SiloOf($"key-{i}").SiloAddress).Select(group => group.Count()).ToList();

        // Each key's silo is a fair coin: fewer than 50 of 200 heads is a matter of one in 10^12.
        Assert.Equal(2, perSilo.Count);
        Assert.All(perSilo, count => Assert.InRange(count, 50, 150));
    }

    [Fact]
    public async Task A_request_that_is_repeated_is_charged_once()
    {
        await using var silos = await TestSilos.StartAsync();

        var first = await silos.DecideAsync("one", TestSilos.TenAnHour, Operation.Acquire, 3, Cancellation, "order-1");
        var again = await Task.WhenAll(Enumerable.Range(0, 20)
            .Select(_ => silos.DecideAsync("one", TestSilos.TenAnHour, Operation.Acquire, 3, Cancellation, "order-1").AsTask()));
        var other = await silos.AskAsync("one", TestSilos.TenAnHour, Operation.Acquire, 4, Cancellation, "order-1");

        Assert.All(again, decision => Assert.Equal(first, decision));
        Assert.Equal(EngineFault.RequestIdReused, other.Fault);
        Assert.Equal(7, await silos.RemainingAsync("one", TestSilos.TenAnHour, Cancellation));
    }

    [Fact]
    public async Task A_place_has_the_name_that_its_caller_gave_it_and_is_held_for_as_long_as_it_is_renewed()
    {
        await using var silos = await TestSilos.StartAsync();
        var spec = LimitSpec.Of(Algorithm.Concurrency, Bandwidth.Of(2, TimeSpan.FromHours(1)));
        var acquire = new LimitRequest(TestSilos.Key("one"), spec, Operation.Acquire, Permits.One, Lease: new LeaseId(77));

        var given = await silos.Engine.ExecuteAsync(acquire, Cancellation);
        var renewed = await silos.Engine.ExecuteAsync(acquire with { Operation = Operation.Renew }, Cancellation);
        var unknown = await silos.Engine.ExecuteAsync(acquire with { Operation = Operation.Renew, Lease = new LeaseId(78) }, Cancellation);
        var released = await silos.Engine.ExecuteAsync(acquire with { Operation = Operation.Release }, Cancellation);

        Assert.Equal(new LeaseId(77), given.Decision.Lease);
        Assert.Equal((Outcome.Admitted, 1, Outcome.UnknownLease),
            (renewed.Decision.Outcome, renewed.Decision.Remaining, unknown.Decision.Outcome));
        Assert.Equal((Outcome.Admitted, 2), (released.Decision.Outcome, released.Decision.Remaining));
    }

    [Fact]
    public async Task A_caller_with_an_older_spec_is_answered_under_the_newer_one_and_told_of_it()
    {
        await using var silos = await TestSilos.StartAsync();
        Assert.True(LimitSpec.TryCreate(Algorithm.FixedWindow, [Bandwidth.Of(20, TimeSpan.FromHours(1))], 1, out var newer, out _));
        await silos.DecideAsync("one", TestSilos.TenAnHour, Operation.Acquire, 4, Cancellation);

        var adopted = await silos.AskAsync("one", newer, Operation.Peek, 0, Cancellation);
        var late = await silos.AskAsync("one", TestSilos.TenAnHour, Operation.Acquire, 1, Cancellation);

        Assert.Null(adopted.NewerSpec);
        Assert.Equal(16, adopted.Decision.Remaining);
        Assert.Equal(newer.Version, late.NewerSpec?.Version);
        Assert.Equal(15, late.Decision.Remaining);
    }

    [Fact]
    public async Task A_limit_that_was_changed_in_the_configuration_takes_effect_at_once_and_so_does_a_rollback()
    {
        await using var silos = await TestSilos.StartAsync();
        var twenty = LimitSpec.Of(Algorithm.TokenBucket, Bandwidth.Of(20, TimeSpan.FromHours(1)));

        foreach (var (spec, known, fresh) in ((LimitSpec, long, long)[])[
            (TestSilos.TenAnHour, 9, 9), (twenty, 18, 19), (TestSilos.TenAnHour, 7, 9)])
        {
            var used = await silos.AskAsync("used", spec, Operation.Acquire, 1, Cancellation);
            var other = await silos.AskAsync($"new-{known}", spec, Operation.Acquire, 1, Cancellation);

            Assert.Equal((spec.Capacity, known, null), (used.Decision.Limit, used.Decision.Remaining, used.NewerSpec));
            Assert.Equal((spec.Capacity, fresh, null), (other.Decision.Limit, other.Decision.Remaining, other.NewerSpec));
        }
    }

    [Fact]
    public async Task A_snapshot_holds_the_content_that_was_last_charged_and_what_it_keeps_beside()
    {
        await using var silos = await TestSilos.StartAsync(options => options.SnapshotInterval = TimeSpan.FromHours(1));
        var twenty = LimitSpec.Of(Algorithm.FixedWindow, Bandwidth.Of(20, TimeSpan.FromHours(1)));
        var places = LimitSpec.Of(Algorithm.Concurrency, Bandwidth.Of(4, TimeSpan.FromHours(1)));
        await silos.DecideAsync("one", TestSilos.TenAnHour, Operation.Acquire, 6, Cancellation);
        await silos.DecideAsync("one", twenty, Operation.Acquire, 1, Cancellation);
        await silos.DecideAsync("one", places, Operation.Acquire, 3, Cancellation);

        await silos.DeactivateAsync("one");

        Assert.Equal(1, await silos.RemainingAsync("one", places, Cancellation));
        Assert.Equal(13, await silos.RemainingAsync("one", twenty, Cancellation));
        Assert.Equal(3, await silos.RemainingAsync("one", TestSilos.TenAnHour, Cancellation));
    }

    [Fact]
    public async Task An_operation_that_the_keys_algorithm_has_not_is_not_supported_and_changes_nothing()
    {
        await using var silos = await TestSilos.StartAsync();
        await silos.DecideAsync("one", TestSilos.TenAnHour, Operation.Acquire, 4, Cancellation);

        await Assert.ThrowsAsync<NotSupportedException>(
            () => silos.AskAsync("one", TestSilos.TenAnHour, Operation.Release, 0, Cancellation).AsTask());

        Assert.Equal(6, await silos.RemainingAsync("one", TestSilos.TenAnHour, Cancellation));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Keys_of_a_lost_silo_answer_again_and_those_of_the_other_keep_their_state(bool killed)
    {
        await using var silos = await TestSilos.StartAsync();
        var keys = Enumerable.Range(0, 40).Select(i => $"key-{i}").ToList();
        foreach (var key in keys)
            await silos.DecideAsync(key, TestSilos.TenASecond, Operation.Acquire, 4, Cancellation);
        var lost = silos.SiloOf(keys[0]);
        var lostKeys = keys.Where(key => silos.SiloOf(key) == lost).ToHashSet();

        if (killed)
            await silos.Cluster.KillSiloAsync(lost, TestContext.Current.CancellationToken);
        else
            await silos.Cluster.StopSiloAsync(lost, TestContext.Current.CancellationToken);
        await silos.Cluster.WaitForLivenessToStabilizeAsync(didKill: killed);

        Assert.NotEmpty(lostKeys);
        foreach (var key in keys)
            Assert.Equal(lostKeys.Contains(key) ? 10 : 6, await silos.RemainingAsync(key, TestSilos.TenASecond, Cancellation));
    }

    [Fact]
    public async Task A_new_silo_takes_its_share_of_new_keys()
    {
        await using var silos = await TestSilos.StartAsync();
        var added = await silos.Cluster.StartAdditionalSiloAsync();
        await silos.Cluster.WaitForLivenessToStabilizeAsync();

        for (var i = 0; i < 200; i++)
            await silos.DecideAsync($"key-{i}", TestSilos.TenASecond, Operation.Acquire, 1, Cancellation);

        Assert.Contains(Enumerable.Range(0, 200), i => silos.SiloOf($"key-{i}") == added);
    }

    [Fact]
    public async Task A_silo_that_is_full_says_so_and_has_room_again_once_a_key_is_gone()
    {
        await using var silos = await TestSilos.StartAsync(
            options => (options.MaxActiveKeys, options.MaxActiveKeysPerTenant) = (3, 3), count: 1);
        foreach (var key in (string[])["a", "b", "c"])
            await silos.DecideAsync(key, TestSilos.TenAnHour, Operation.Acquire, 1, Cancellation);

        var full = await silos.AskAsync("d", TestSilos.TenAnHour, Operation.Acquire, 1, Cancellation);
        var known = await silos.DecideAsync("a", TestSilos.TenAnHour, Operation.Acquire, 1, Cancellation);
        await silos.DeactivateAsync("b");
        var room = await silos.AskAsync("d", TestSilos.TenAnHour, Operation.Acquire, 1, Cancellation);
        var fullAgain = await silos.AskAsync("b", TestSilos.TenAnHour, Operation.Acquire, 1, Cancellation);

        Assert.Equal(EngineFaultKind.Overloaded, full.Fault.Kind);
        Assert.True(full.Fault.IsTransient);
        Assert.Equal(8, known.Remaining);
        Assert.False(room.IsFault);
        Assert.Equal(EngineFaultKind.Overloaded, fullAgain.Fault.Kind);
    }
}
