using OrleansLimiter.Core.Limits;
using OrleansLimiter.Valve.Records;
using Xunit;

namespace OrleansLimiter.Valve.Tests;

/// <summary>What is told is stored before, and comes back.</summary>
public sealed class StorageTests
{
    private const long Second = ValveRig.Second;

    [Fact]
    public void A_place_is_joining_until_it_is_stored()
    {
        var rig = new ValveRig(ValveRig.Sale(checkout: 1), storesAtOnce: false);
        var answer = rig.Join(1);
        Assert.Equal((QueueState.Joining, 0L, null, 250), (answer.State, answer.Place, answer.Position, answer.PollAfter.MillisecondsUp));
        Assert.Equal(QueueState.Joining, rig.Poll(1).State);
        Assert.Equal((1, 0), (rig.Status.Joining, rig.Status.InCheckout));

        rig.StoreSome(1);

        // It is at once this one's turn; but that is not stored yet.
        Assert.Equal((QueueState.Waiting, 1), (rig.Poll(1).State, rig.Poll(1).Position));
        Assert.Equal((0, 1), (rig.Status.Joining, rig.Status.InCheckout));
        rig.StoreSome(1);
        Assert.Equal(QueueState.Admitted, rig.Poll(1).State);
    }

    [Fact]
    public void No_position_is_told_before_the_draw_is_stored()
    {
        var rig = new ValveRig(ValveRig.Sale(opensAfter: 10, checkout: 1), storesAtOnce: false);
        rig.Join(1);
        rig.Join(2);
        rig.Store();
        rig.PassSeconds(10);

        Assert.Equal((QueueState.PreQueue, null), (rig.Poll(1).State, rig.Poll(1).Position));
        Assert.Null(rig.Valve.Proof(rig.Now).Seed);
        rig.Store();
        Assert.Contains(rig.Poll(1).State, new[] { QueueState.Waiting, QueueState.Admitted });
        Assert.NotNull(rig.Valve.Proof(rig.Now).Seed);
    }

    [Fact]
    public void Who_leaves_counts_in_the_positions_of_others_until_that_is_stored()
    {
        var rig = new ValveRig(ValveRig.Sale(perSeconds: 60), storesAtOnce: false);
        for (var user = 0; user < 4; user++)
            rig.Join(user);
        rig.Store();
        Assert.Equal(3, rig.Poll(3).Position);

        rig.Leave(1);
        Assert.Equal(3, rig.Poll(3).Position);
        rig.Crash();
        Assert.Equal((1, 3), (rig.Poll(1).Position, rig.Poll(3).Position));

        rig.Leave(1);
        rig.Store();
        Assert.Equal(2, rig.Poll(3).Position);
        rig.Crash();
        Assert.Equal((QueueState.NoPlace, 2), (rig.Poll(1).State, rig.Poll(3).Position));
    }

    [Fact]
    public void Admissions_are_counted_after_a_crash_until_their_deadline()
    {
        var rig = new ValveRig(ValveRig.Sale(admissions: 1_000_000, checkout: 2, turn: 10), storesAtOnce: false);
        for (var user = 0; user < 4; user++)
            rig.Join(user);
        rig.Store();
        rig.Pass(5 * Second);
        rig.Store();
        var told = rig.Poll(0).Admission!.Value;

        rig.Jump(Second * 2);
        rig.Crash();

        Assert.Equal(told, rig.Poll(0).Admission);
        Assert.Equal((2, 2), (rig.Status.InCheckout, rig.Status.Waiting));
        rig.StoresAtOnce = true;
        rig.Pass((3 * Second) - 1);
        Assert.Equal((2, QueueState.Waiting), (rig.Status.InCheckout, rig.Poll(2).State));
        rig.Pass(2);
        Assert.Equal((QueueState.Admitted, QueueState.Admitted), (rig.Poll(2).State, rig.Poll(3).State));
    }

    [Fact]
    public void A_crash_saves_up_no_admissions_and_kills_nobody()
    {
        var rig = new ValveRig(ValveRig.Sale(admissions: 10));
        for (var user = 0; user < 100; user++)
            rig.Join(user);
        rig.Pass(Second - 1);
        Assert.Equal(10, rig.Status.InCheckout);

        rig.Jump(60 * Second);
        rig.Crash();

        Assert.Equal(11, rig.Status.InCheckout);
        Assert.Equal(0, rig.Status.Counts.Died);
        rig.Pass(Second / 10);
        Assert.Equal(12, rig.Status.InCheckout);
    }

    [Fact]
    public void Nobody_is_admitted_unseen_while_storage_hangs()
    {
        var rig = new ValveRig(ValveRig.Sale(), storesAtOnce: false);
        for (var user = 0; user < 10; user++)
            rig.Join(user);
        rig.StoreSome(10);
        Assert.Equal(1, rig.Status.InCheckout);

        rig.PassSeconds(20);
        Assert.Equal(2, rig.Status.InCheckout);

        rig.Store();
        Assert.Equal(3, rig.Status.InCheckout);
    }

    [Fact]
    public void A_snapshot_and_what_came_after_restore_what_all_the_records_do()
    {
        var rig = new ValveRig(ValveRig.Sale(admissions: 3, checkout: 4, opensAfter: 5, turn: 20));
        IReadOnlyList<ValveRecord> snapshot = [];
        for (var second = 0; second < 60; second++)
        {
            rig.Join(second % 17);
            rig.Join(second * 7 % 23);
            if (second % 5 == 4)
                rig.Leave(second % 11);
            if (rig.Poll(second % 17).Admission is { } admission && second % 2 == 0)
                rig.Complete(admission);
            if (second is 30)
                rig.Command(ValveCommand.SetRates(ValveRates.Of(2, TimeSpan.FromSeconds(3), 3)));
            if (second is 2 or 20 or 40)
                snapshot = rig.Valve.Snapshot();
            rig.PassSeconds(1);

            Assert.True(ValveMachine.TryRestore(rig.Spec, [], rig.Stored, rig.Now, out var fromAll));
            Assert.True(ValveMachine.TryRestore(rig.Spec, snapshot, rig.Stored, rig.Now, out var fromSnapshot));
            Assert.Equal(fromAll.Snapshot(), fromSnapshot.Snapshot());
            Assert.Equal(rig.Valve.Snapshot(), fromAll.Snapshot());
            Assert.Equal(fromAll.Status(rig.Now), fromSnapshot.Status(rig.Now));
        }
    }

    [Fact]
    public void A_number_that_was_given_is_never_given_again()
    {
        var rig = new ValveRig(ValveRig.Sale(perSeconds: 60));
        for (var user = 0; user < 4; user++)
            rig.Join(user);
        rig.Leave(3);

        rig.Crash(rig.Valve.Snapshot());

        Assert.Equal(5, rig.Join(3).Place);
    }

    [Fact]
    public void Records_that_are_not_whole_are_refused()
    {
        var rig = new ValveRig(ValveRig.Sale(checkout: 1));
        for (var user = 0; user < 3; user++)
            rig.Join(user);
        rig.Leave(2);
        var good = rig.Stored;
        Assert.True(Restores([], good));
        Assert.False(Restores([], []));
        Assert.False(Restores([], good.Skip(1)));
        for (var lost = 1; lost < good.Count - 1; lost++)
            Assert.False(Restores([], good.Where((_, place) => place != lost)), $"{good[lost]}");
        Assert.False(Restores([], good.Append(good[0] with { Number = good.Count + 1 })));
        Assert.False(Restores([], good.Append(new ValveRecord(good.Count + 1, ValveRecordKind.Ended, rig.Now, Place: 99))));
        Assert.False(Restores([], good.Append(new ValveRecord(good.Count + 1, ValveRecordKind.Rates, rig.Now))));
        Assert.False(Restores([], good.Append(new ValveRecord(good.Count + 1, (ValveRecordKind)99, rig.Now))));
        Assert.False(Restores([], good.Append(new ValveRecord(good.Count + 1, ValveRecordKind.Standing, rig.Now, 77, ValveRig.User(77)))));
        var snapshot = rig.Valve.Snapshot();
        Assert.True(Restores(snapshot, []));
        Assert.False(Restores(snapshot.Skip(1), []));
        Assert.False(Restores(snapshot.Select((record, place) => place == 3 ? record with { Number = 1 } : record), []));
        Assert.False(Restores(snapshot.Append(snapshot[^1]), []));

        bool Restores(IEnumerable<ValveRecord> snapshot, IEnumerable<ValveRecord> records) =>
            ValveMachine.TryRestore(rig.Spec, snapshot, records, rig.Now, out _);
    }

    [Fact]
    public void What_was_told_elsewhere_keeps_a_place_alive()
    {
        var rig = new ValveRig(ValveRig.Sale(perSeconds: 3_600));
        rig.Join(1);
        rig.Join(2);
        rig.Join(3);
        rig.PassSeconds(20);

        rig.Valve.Heard(ValveRig.User(2), rig.Now, Wait.OfMicroseconds(20 * Second), rig.Now);
        rig.Valve.Heard(ValveRig.User(2), new Instant(0), Wait.OfMicroseconds(Second), rig.Now);
        rig.Valve.Heard(ValveRig.User(99), rig.Now, Wait.None, rig.Now);

        rig.Pass((60 * Second) - 1);
        Assert.Equal(QueueState.NoPlace, rig.Poll(99).State);
        Assert.Equal(QueueState.Waiting, rig.Poll(2).State);
    }

    [Fact]
    public void Records_are_the_same_after_being_written_and_read()
    {
        var rig = new ValveRig(ValveRig.Sale(checkout: 1));
        for (var user = 0; user < 5; user++)
            rig.Join(user);
        rig.Leave(2);
        rig.PassSeconds(130);
        var records = rig.Stored.Concat(rig.Valve.Snapshot()).ToList();
        var bytes = new byte[records.Count * ValveRecordFormat.MaxBytes];
        var length = 0;
        foreach (var record in records)
            length += ValveRecordFormat.Write(record, bytes.AsSpan(length));

        ReadOnlySpan<byte> rest = bytes.AsSpan(0, length);
        foreach (var record in records)
        {
            Assert.True(ValveRecordFormat.TryRead(ref rest, out var read));
            Assert.Equal(record, read);
        }

        Assert.True(rest.IsEmpty);
        Assert.False(ValveRecordFormat.TryRead(ref rest, out _));
        var joined = records.First(record => record.Kind == ValveRecordKind.Joined);
        var size = ValveRecordFormat.Write(joined, bytes);
        Assert.InRange(size, 1, 31);
        for (var cut = 0; cut < size; cut++)
        {
            rest = bytes.AsSpan(0, cut);
            Assert.False(ValveRecordFormat.TryRead(ref rest, out _));
            Assert.Equal(cut, rest.Length);
        }

        bytes[0] = 99;
        rest = bytes;
        Assert.False(ValveRecordFormat.TryRead(ref rest, out _));
    }
}
