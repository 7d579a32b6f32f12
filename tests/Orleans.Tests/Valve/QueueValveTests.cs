using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Storage;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Engines.Orleans;
using OrleansLimiter.Grains;
using OrleansLimiter.Grains.Valve;
using OrleansLimiter.TestKit;
using OrleansLimiter.Valve;
using OrleansLimiter.Valve.Records;
using OrleansLimiter.Valve.Tokens;
using Xunit;

namespace OrleansLimiter.Orleans.Tests.Valve;

/// <summary>A sale's valve as an actor: told only when stored, through the loss of silos and of storage.</summary>
public sealed class QueueValveTests
{
    private const int LongestWait = 60_000;

    private static readonly SaleId Sale = SaleId.Of("concert");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_sale_that_was_never_set_up_is_a_fault()
    {
        await using var silos = await TestSilos.StartAsync(count: 1);

        Assert.Equal(EngineFaultKind.Unavailable, (await silos.Valve.JoinAsync(Sale, User(1), Cancellation)).Fault.Kind);
        Assert.Equal(EngineFaultKind.Unavailable, (await silos.Valve.PollAsync(default, User(1), Cancellation)).Fault.Kind);
        Assert.True((await silos.Valve.LeaveAsync(Sale, User(1), Cancellation)).IsFault);
        Assert.True((await silos.Valve.StatusAsync(Sale, Cancellation)).IsFault);
        Assert.True((await silos.Valve.CommandAsync(Sale, ValveCommand.Pause, Cancellation)).IsFault);
        Assert.True((await silos.Valve.DrawAsync(Sale, Cancellation)).IsFault);
        Assert.Equal("cluster", silos.Valve.Source);
    }

    [Fact]
    public async Task Setting_a_sale_up_again_changes_nothing_not_even_after_a_restart()
    {
        await using var silos = await TestSilos.StartAsync(count: 1);
        var first = await SetUpAsync(silos, checkout: 1);
        var seed = (await silos.Valve.DrawAsync(Sale, Cancellation)).Value.SeedHash;

        await silos.Cluster.DeactivateAsync(silos.IdOf(Sale));

        Assert.Equal(first, await SetUpAsync(silos, checkout: 7));
        Assert.NotNull(seed);
        Assert.Equal(seed, (await silos.Valve.DrawAsync(Sale, Cancellation)).Value.SeedHash);
    }

    [Theory(Timeout = LongestWait)]
    [InlineData(-600)]
    [InlineData(200)]
    public async Task The_opening_follows_the_wall_clock_and_a_turn_lasts_as_long_though_that_is_set(int step)
    {
        await using var silos = await TestSilos.StartAsync(count: 1);
        await SetUpAsync(silos, checkout: 1, opensAfter: 1_000);

        silos.Time.StepWall(TimeSpan.FromSeconds(step));
        silos.Time.JumpTo(silos.Time.GetUtcNow() + TimeSpan.FromSeconds(1_000 - step - 1));
        await JoinAsync(silos, 1);
        await silos.StoredAsync(Sale, Cancellation);
        Assert.Equal(QueueState.PreQueue, (await PollAsync(silos, 1)).State);
        silos.Time.Advance(TimeSpan.FromSeconds(1));
        await PollAsync(silos, 1);
        await silos.StoredAsync(Sale, Cancellation);
        var told = (await PollAsync(silos, 1)).Admission!.Value;
        silos.Time.StepWall(TimeSpan.FromSeconds(step));
        var again = (await PollAsync(silos, 1)).Admission!.Value;
        Assert.Equal(FakeTimeProvider.DefaultStart.AddSeconds(1_000 + 120),
            DateTimeOffset.UnixEpoch.AddMicroseconds(told.ExpiresAt.Microseconds));
        Assert.Equal(step * 1_000_000L, again.ExpiresAt.Microseconds - told.ExpiresAt.Microseconds);
    }

    [Fact]
    public async Task Polls_are_gathered_while_a_sale_is_polled_and_forgotten_when_it_is_over()
    {
        await using var silos = await TestSilos.StartAsync(count: 1);
        await SetUpAsync(silos, checkout: 1);
        await PollAsync(silos, 1);
        await PollAsync(silos, 1);
        Assert.Equal(1, silos.Valve.Gathered);

        await silos.Valve.CommandAsync(Sale, ValveCommand.SoldOut, Cancellation);
        await PollAsync(silos, 1);
        Assert.Equal(0, silos.Valve.Gathered);
        await PollAsync(silos, 1);
        Assert.Equal(0, silos.Valve.Gathered);
    }

    [Fact(Timeout = LongestWait)]
    public async Task A_place_is_promised_only_when_it_is_stored_and_no_call_waits_for_that()
    {
        await using var silos = await TestSilos.StartAsync(count: 1);
        await SetUpAsync(silos, checkout: 1);
        silos.Disk.Hold(silos.IdOf(Sale));

        var joined = await JoinAsync(silos, 1);
        var polled = await PollAsync(silos, 1);
        var second = await JoinAsync(silos, 2);
        var unstored = (await silos.Valve.StatusAsync(Sale, Cancellation)).Value;
        silos.Disk.Release(silos.IdOf(Sale));
        await silos.StoredAsync(Sale, Cancellation);

        foreach (var answer in (ValveAnswer[])[joined, polled, second])
            Assert.Equal((QueueState.Joining, 0L, null, null), (answer.State, answer.Place, answer.Position, answer.Admission));
        Assert.Equal(2, unstored.Joining);
        Assert.Equal(QueueState.Admitted, (await PollAsync(silos, 1)).State);
        Assert.Equal((QueueState.Waiting, 2L, 1),
            ((await PollAsync(silos, 2)) is var told ? (told.State, told.Place, told.Position) : default));
    }

    [Fact(Timeout = LongestWait)]
    public async Task A_silo_that_is_killed_in_mid_sale_takes_no_told_place_with_it_and_changes_no_order()
    {
        const int People = 40;
        await using var silos = await TestSilos.StartAsync(valves: options => options.BatchInterval = TimeSpan.FromMilliseconds(1));
        await SetUpAsync(silos, checkout: 3, opensAfter: 10);
        for (var person = 1; person <= People; person++)
            await JoinAsync(silos, person);
        await silos.StoredAsync(Sale, Cancellation);

        // The draw at the opening, and then one admission a microsecond until the cap is reached.
        silos.Time.Advance(TimeSpan.FromSeconds(10));
        await silos.StoredAsync(Sale, Cancellation);
        silos.Time.Advance(TimeSpan.FromMilliseconds(1));
        await silos.StoredAsync(Sale, Cancellation);
        var waiting = (await AllAsync(silos, People)).Index().Last(answer => answer.Item.State == QueueState.Waiting).Index + 1;
        Assert.Equal(PlaceEnded.Ended, (await silos.Valve.LeaveAsync(Sale, User(waiting), Cancellation)).Value);
        await silos.StoredAsync(Sale, Cancellation);
        var before = await AllAsync(silos, People);
        var proof = (await silos.Valve.DrawAsync(Sale, Cancellation)).Value;

        await silos.Cluster.KillSiloAsync(silos.SiloOf(silos.IdOf(Sale)), TestContext.Current.CancellationToken);
        await silos.Cluster.WaitForLivenessToStabilizeAsync(didKill: true);
        await silos.StoredAsync(Sale, Cancellation);
        var after = await AllAsync(silos, People);

        Assert.Equal(3, before.Count(answer => answer.State == QueueState.Admitted));
        Assert.Equal(People - 4, before.Count(answer => answer.State == QueueState.Waiting));
        Assert.Equal(before.Select(Told), after.Select(Told));
        Assert.Equal(proof.Seed, (await silos.Valve.DrawAsync(Sale, Cancellation)).Value.Seed);
    }

    [Fact(Timeout = LongestWait)]
    public async Task What_a_killed_silo_had_not_stored_was_told_to_nobody()
    {
        await using var silos = await TestSilos.StartAsync();
        await SetUpAsync(silos, checkout: 1);
        await JoinAsync(silos, 1);
        await JoinAsync(silos, 2);
        await silos.StoredAsync(Sale, Cancellation);
        silos.Disk.Hold(silos.IdOf(Sale));
        var third = await JoinAsync(silos, 3);
        Assert.Equal(PlaceEnded.Admitted, (await silos.Valve.LeaveAsync(Sale, User(1), Cancellation)).Value);
        Assert.Equal(PlaceEnded.Ended, (await silos.Valve.AbandonAsync((await PollAsync(silos, 1)).Admission!.Value, Cancellation)).Value);
        var second = await PollAsync(silos, 2);

        await silos.Cluster.KillSiloAsync(silos.SiloOf(silos.IdOf(Sale)), TestContext.Current.CancellationToken);
        await silos.Cluster.WaitForLivenessToStabilizeAsync(didKill: true);

        Assert.Equal(QueueState.Joining, third.State);
        Assert.Equal(QueueState.Waiting, second.State);
        Assert.Equal(1, second.Position);
        Assert.Equal(QueueState.NoPlace, (await PollAsync(silos, 3)).State);
        Assert.Equal(QueueState.Admitted, (await PollAsync(silos, 1)).State);
        Assert.Equal((QueueState.Waiting, 1), ((await PollAsync(silos, 2)) is var told ? (told.State, told.Position) : default));

        // The killed silo's write comes late: it finds that another has stored meanwhile, or stores what the other then gives way to. Never
        // both.
        silos.Disk.Release(silos.IdOf(Sale));
        await JoinAsync(silos, 4);
        await silos.StoredAsync(Sale, Cancellation);
        Assert.NotEqual(1, (await PollAsync(silos, 4)).Position);
    }

    [Fact(Timeout = LongestWait)]
    public async Task A_seed_is_stored_sealed_and_an_actor_that_was_activated_anew_is_handed_the_key_by_whoever_asks_first()
    {
        var seed = new DrawSeed([.. Enumerable.Range(101, DrawSeed.Bytes).Select(i => (byte)i)]);
        await using var silos = await TestSilos.StartAsync(
            count: 1, valves: options => (options.BatchInterval, options.SeedOf) = (TimeSpan.Zero, _ => seed));
        await SetUpAsync(silos, checkout: 1, opensAfter: 10);
        await JoinAsync(silos, 1);
        await silos.StoredAsync(Sale, Cancellation);
        Assert.Equal(-1, silos.Disk.Copy(silos.IdOf(Sale), "valve").Data.ToArray().AsSpan().IndexOf(seed.Span[..8]));
        var proof = (await silos.Valve.DrawAsync(Sale, Cancellation)).Value;

        await silos.Cluster.DeactivateAsync(silos.IdOf(Sale));
        var stranger = new OrleansValve(silos.Gate);
        Assert.True((await stranger.PollAsync(Sale, User(1), Cancellation)).IsFault);
        Assert.True((await new OrleansValve(silos.Gate, SeedSeal.Of(AdmissionKeys.DerivedFrom([.. Enumerable.Repeat((byte)7, 32)])))
            .PollAsync(Sale, User(1), Cancellation)).IsFault);
        Assert.Equal((QueueState.PreQueue, 1L), (await PollAsync(silos, 1)) is var told ? (told.State, told.Place) : default);
        Assert.Equal(proof.SeedHash, (await silos.Valve.DrawAsync(Sale, Cancellation)).Value.SeedHash);
        Assert.False((await stranger.PollAsync(Sale, User(1), Cancellation)).IsFault);
    }

    [Fact(Timeout = LongestWait)]
    public async Task While_storage_fails_nobody_is_answered_and_no_place_dies_of_it()
    {
        await using var silos = await TestSilos.StartAsync(count: 1);
        await SetUpAsync(silos, checkout: 1);
        await JoinAsync(silos, 1);
        await JoinAsync(silos, 2);
        await silos.StoredAsync(Sale, Cancellation);

        silos.Disk.IsBroken = true;
        Assert.Equal(QueueState.Joining, (await JoinAsync(silos, 3)).State);
        foreach (var fault in (EngineFault[])[
            (await silos.Valve.JoinAsync(Sale, User(4), Cancellation)).Fault,
            (await silos.Valve.PollAsync(Sale, User(1), Cancellation)).Fault,
            (await silos.Valve.LeaveAsync(Sale, User(1), Cancellation)).Fault,
            (await silos.Valve.CommandAsync(Sale, ValveCommand.Pause, Cancellation)).Fault,
            (await silos.Valve.SetUpAsync(Spec(1, 0), Cancellation)).Fault])
            Assert.Equal(EngineFaultKind.Unavailable, fault.Kind);
        silos.Time.Advance(TimeSpan.FromMinutes(1));
        silos.Disk.IsBroken = false;
        await silos.StoredAsync(Sale, Cancellation);

        Assert.Equal(QueueState.Admitted, (await PollAsync(silos, 1)).State);
        Assert.Equal(1, (await PollAsync(silos, 2)).Position);
        Assert.Equal(2, (await PollAsync(silos, 3)).Position);
        Assert.Equal(QueueState.NoPlace, (await PollAsync(silos, 4)).State);
    }

    [Fact(Timeout = LongestWait)]
    public async Task A_valve_that_cannot_be_read_is_a_fault_until_it_can()
    {
        await using var silos = await TestSilos.StartAsync(count: 1);
        await SetUpAsync(silos, checkout: 1);
        await JoinAsync(silos, 1);
        await silos.StoredAsync(Sale, Cancellation);
        await silos.Cluster.DeactivateAsync(silos.IdOf(Sale));

        silos.Disk.IsBroken = true;
        Assert.Equal(EngineFaultKind.Unavailable, (await silos.Valve.PollAsync(Sale, User(1), Cancellation)).Fault.Kind);
        Assert.Equal(EngineFaultKind.Unavailable, (await silos.Valve.SetUpAsync(Spec(1, 0), Cancellation)).Fault.Kind);
        silos.Disk.IsBroken = false;

        Assert.Equal(QueueState.Admitted, (await PollAsync(silos, 1)).State);
    }

    [Fact(Timeout = LongestWait)]
    public async Task A_write_that_was_done_though_it_failed_is_not_done_twice()
    {
        await using var silos = await TestSilos.StartAsync(count: 1);
        await SetUpAsync(silos, checkout: 1);

        silos.Disk.IsMute = true;
        await JoinAsync(silos, 1);
        Assert.True((await silos.Valve.PollAsync(Sale, User(1), Cancellation)).IsFault);
        silos.Disk.IsMute = false;
        await silos.StoredAsync(Sale, Cancellation);
        await JoinAsync(silos, 2);
        await silos.StoredAsync(Sale, Cancellation);
        await silos.Cluster.DeactivateAsync(silos.IdOf(Sale));

        Assert.Equal(QueueState.Admitted, (await PollAsync(silos, 1)).State);
        Assert.Equal((2L, 1), ((await PollAsync(silos, 2)) is var told ? (told.Place, told.Position) : default));
    }

    [Fact(Timeout = LongestWait)]
    public async Task An_activation_that_finds_anothers_records_ends_and_the_valve_is_what_is_stored()
    {
        await using var silos = await TestSilos.StartAsync(count: 1);
        await SetUpAsync(silos, checkout: 1);
        await JoinAsync(silos, 1);
        await silos.StoredAsync(Sale, Cancellation);
        var actor = silos.IdOf(Sale);

        silos.Disk.Put(actor, silos.Disk.Copy(actor, "valve-1").Data, "valve-1");
        var second = await JoinAsync(silos, 2);
        await silos.StoredAsync(Sale, Cancellation);

        Assert.Equal(QueueState.Joining, second.State);
        Assert.Equal(1, silos.Disk.Conflicts);
        Assert.Equal(QueueState.Admitted, (await PollAsync(silos, 1)).State);
        Assert.Equal(QueueState.NoPlace, (await PollAsync(silos, 2)).State);
    }

    [Fact(Timeout = LongestWait)]
    public async Task A_long_sale_takes_a_bounded_number_of_records_and_comes_back_as_it_was()
    {
        var small = new ValveLogSize(SegmentBytes: 200, Slots: 8, SegmentsPerSnapshot: 4);
        await using var silos = await TestSilos.StartAsync(
            count: 1, valves: options => (options.BatchInterval, options.LogSize) = (TimeSpan.Zero, small));
        await SetUpAsync(silos, checkout: 1);
        const int People = 200;
        for (var person = 1; person <= People; person++)
            await JoinAsync(silos, person);
        await silos.StoredAsync(Sale, Cancellation);
        var before = await AllAsync(silos, People);

        await silos.Cluster.DeactivateAsync(silos.IdOf(Sale));

        Assert.Equal(before.Select(Told), (await AllAsync(silos, People)).Select(Told));
        Assert.Equal(Enumerable.Range(0, 8).Select(slot => $"valve-{slot}").Prepend("valve"), silos.Disk.NamesOf(silos.IdOf(Sale))
            .Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("valve-2")]
    [InlineData("valve-4")]
    public async Task A_valve_of_which_something_is_lost_is_a_fault_and_no_fresh_one(string lost)
    {
        var small = new ValveLogSize(SegmentBytes: 100, Slots: 64, SegmentsPerSnapshot: 32);
        await using var silos = await TestSilos.StartAsync(
            count: 1, valves: options => (options.BatchInterval, options.LogSize) = (TimeSpan.Zero, small));
        await SetUpAsync(silos, checkout: 1);
        for (var person = 1; person <= 20; person++)
            await JoinAsync(silos, person);
        await silos.StoredAsync(Sale, Cancellation);
        await silos.Cluster.DeactivateAsync(silos.IdOf(Sale));

        silos.Disk.Lose(silos.IdOf(Sale), lost);

        Assert.Equal(EngineFaultKind.Unavailable, (await silos.Valve.PollAsync(Sale, User(1), Cancellation)).Fault.Kind);
        Assert.Equal(EngineFaultKind.Unavailable, (await silos.Valve.SetUpAsync(Spec(1, 0), Cancellation)).Fault.Kind);
    }

    [Fact]
    public async Task Of_two_activations_that_append_one_ends_wherever_the_log_stands()
    {
        await using var silos = await TestSilos.StartAsync(count: 1);
        var storage = silos.Disk.For(silos.Cluster.GetSiloServiceProvider(null).GetRequiredService<IGrainStorageSerializer>());
        var spec = ValveWireMap.ToMessage(Spec(1, 0));
        for (var seed = 1; seed <= 40; seed++)
        {
            var dice = new Dice(seed);
            var size = new ValveLogSize(SegmentBytes: (int)dice.OneOf(1, 30, 60), Slots: 64, SegmentsPerSnapshot: (int)dice.From(1, 4));
            var actor = GrainId.Create("valve", seed.ToString(CultureInfo.InvariantCulture));
            var stored = new List<long>();
            var first = new ValveStore(storage, actor, Sale, size, NullLogger.Instance);
            Assert.Equal(StoreResult.Stored, await first.BeginAsync(spec, [new ValveRecord(0, ValveRecordKind.Started, default)]));
            ValveStore?[] stores = [await ReadAsync(stored), await ReadAsync(stored)];
            for (var step = 0; step < 60; step++)
            {
                var own = (int)dice.From(0, 1);

                // Each knows what was stored when it was read, and what it stored itself.
                if (stores[own] is not { } store)
                {
                    stores[own] = await ReadAsync(stored);
                    continue;
                }

                var next = new ValveRecord(stored.Count + 1, ValveRecordKind.Joined, default, step, User(step));
                switch (await store.AppendAsync([next]))
                {
                    case StoreResult.Stored:
                        stored.Add(next.Number);
                        if (store.NeedsSnapshot && dice.OnceIn(2)
                            && await store.WriteSnapshotAsync([new ValveRecord(next.Number, ValveRecordKind.Started, default)])
                            == StoreResult.Lost)
                            stores[own] = null;
                        break;
                    case StoreResult.Lost:
                        stores[own] = null;
                        break;
                    default:
                        Assert.Fail("The disk works.");
                        break;
                }
            }

            await ReadAsync(stored);

            async Task<ValveStore> ReadAsync(List<long> expected)
            {
                var (snapshot, records) = (new List<ValveRecord>(), new List<ValveRecord>());
                var store = new ValveStore(storage, actor, Sale, size, NullLogger.Instance);
                Assert.True(await store.TryReadAsync(snapshot, records, Cancellation), $"seed {seed}");
                var covered = snapshot[^1].Number;
                Assert.Equal(expected.Where(number => number > covered), records.Select(record => record.Number)
                    .Where(number => number > covered));
                return store;
            }
        }

        Assert.InRange(silos.Disk.Conflicts, 40, 40 * 60);
    }

    [Fact]
    public async Task A_log_without_room_takes_nothing_until_a_snapshot_makes_some()
    {
        await using var silos = await TestSilos.StartAsync(count: 1);
        var storage = silos.Disk.For(silos.Cluster.GetSiloServiceProvider(null).GetRequiredService<IGrainStorageSerializer>());
        var (actor, size) = (GrainId.Create("valve", "full"), new ValveLogSize(SegmentBytes: 1, Slots: 4, SegmentsPerSnapshot: 2));
        var store = new ValveStore(storage, actor, Sale, size, NullLogger.Instance);
        await store.BeginAsync(ValveWireMap.ToMessage(Spec(1, 0)), [new ValveRecord(0, ValveRecordKind.Started, default)]);
        for (var number = 1; number <= 4; number++)
            Assert.Equal(StoreResult.Stored, await store.AppendAsync([new ValveRecord(number, ValveRecordKind.Paused, default)]));
        Assert.Equal(StoreResult.Lost, await store.AppendAsync([new ValveRecord(5, ValveRecordKind.Paused, default)]));

        var (snapshot, records) = (new List<ValveRecord>(), new List<ValveRecord>());
        var anew = new ValveStore(storage, actor, Sale, size, NullLogger.Instance);
        Assert.True(await anew.TryReadAsync(snapshot, records, Cancellation));
        Assert.Equal([1, 2, 3, 4], records.Select(record => record.Number));
        Assert.True(anew.IsFull);
        Assert.Equal(StoreResult.Stored, await anew.WriteSnapshotAsync([new ValveRecord(4, ValveRecordKind.Started, default)]));

        Assert.False(anew.IsFull);
        Assert.Equal(StoreResult.Stored, await anew.AppendAsync([new ValveRecord(5, ValveRecordKind.Paused, default)]));
    }

    private static UserId User(int number) => UserId.Of(number.ToString("d6", CultureInfo.InvariantCulture));

    private static (QueueState State, long Place, int? Position, Admission? Admission) Told(ValveAnswer answer) =>
        (answer.State, answer.Place, answer.Position, answer.Admission);

    private static ValveSpec Spec(int checkout, int opensAfter)
    {
        var start = Instant.From(FakeTimeProvider.DefaultStart);
        return ValveSpec.Of(Sale, start, start.After(Wait.OfMicroseconds(opensAfter * 1_000_000L)),
            ValveRates.Of(ValveRates.Most, TimeSpan.FromSeconds(1), checkout));
    }

    private static async Task<ValveStatus> SetUpAsync(TestSilos silos, int checkout, int opensAfter = 0)
    {
        Assert.False((await silos.Valve.SetUpAsync(Spec(checkout, opensAfter), Cancellation)).IsFault);
        await silos.StoredAsync(Sale, Cancellation);
        return (await silos.Valve.StatusAsync(Sale, Cancellation)).Value;
    }

    private static async Task<ValveAnswer> JoinAsync(TestSilos silos, int user) =>
        ValueOf(await silos.Valve.JoinAsync(Sale, User(user), Cancellation));

    private static async Task<ValveAnswer> PollAsync(TestSilos silos, int user) =>
        ValueOf(await silos.Valve.PollAsync(Sale, User(user), Cancellation));

    private static async Task<List<ValveAnswer>> AllAsync(TestSilos silos, int people)
    {
        var answers = new List<ValveAnswer>();
        for (var person = 1; person <= people; person++)
            answers.Add(await PollAsync(silos, person));
        return answers;
    }

    private static ValveAnswer ValueOf(ValveReply<ValveAnswer> reply)
    {
        Assert.False(reply.IsFault, $"{reply.Fault}");
        return reply.Value;
    }
}
