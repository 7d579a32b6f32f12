using OrleansLimiter.Core.Limits;
using OrleansLimiter.Valve.Records;
using Xunit;

namespace OrleansLimiter.Valve.Tests;

public sealed class ValveTests
{
    private const long Second = ValveRig.Second;

    [Fact]
    public void Joining_again_returns_the_same_place()
    {
        var rig = new ValveRig(ValveRig.Sale(checkout: 1));
        rig.Join(1);
        var first = rig.Join(2);
        rig.Join(3);
        rig.Pass(Second);

        Assert.Equal((first.Place, first.Position), (rig.Join(2).Place, rig.Poll(2).Position));
        Assert.Equal(3, rig.Status.Counts.Joined);
    }

    [Fact]
    public void The_slot_of_a_no_show_is_the_next_ones_in_the_same_microsecond()
    {
        var rig = new ValveRig(ValveRig.Sale(admissions: 1_000_000, checkout: 2, turn: 10));
        rig.Join(1);
        rig.Pass(3);
        rig.Join(2);
        rig.Join(3);
        rig.Join(4);
        rig.Pass((10 * Second) - 4);
        Assert.Equal((QueueState.Admitted, QueueState.Admitted, QueueState.Waiting),
            (rig.Poll(1).State, rig.Poll(2).State, rig.Poll(3).State));

        rig.Pass(1);
        Assert.Equal((QueueState.NoPlace, QueueState.Admitted, QueueState.Admitted, QueueState.Waiting),
            (rig.Poll(1).State, rig.Poll(2).State, rig.Poll(3).State, rig.Poll(4).State));
        Assert.Equal(rig.Now.Microseconds + (10 * Second), rig.Poll(3).Admission!.Value.ExpiresAt.Microseconds);

        rig.Pass(3);
        Assert.Equal((QueueState.NoPlace, QueueState.Admitted), (rig.Poll(2).State, rig.Poll(4).State));
        Assert.Equal(2, rig.Status.Counts.NoShows);
    }

    [Theory]
    [InlineData("complete")]
    [InlineData("abandon")]
    [InlineData("leave")]
    public void Whoever_ends_a_turn_makes_room_at_once(string how)
    {
        var rig = new ValveRig(ValveRig.Sale(admissions: 1_000_000, checkout: 1));
        var admission = rig.Join(1).Admission!.Value;
        Assert.Equal(QueueState.Waiting, rig.Join(2).State);
        rig.Pass(Second);

        Assert.Equal(PlaceEnded.Ended,
            how switch { "complete" => rig.Complete(admission), "abandon" => rig.Abandon(admission), _ => rig.Leave(1) });

        Assert.Equal(QueueState.Admitted, rig.Poll(2).State);
        Assert.Equal(PlaceEnded.NotHeld, rig.Complete(admission));
        Assert.Equal(PlaceEnded.NotHeld, rig.Complete(rig.Poll(2).Admission!.Value with { User = admission.User }));
        Assert.Equal(PlaceEnded.NotHeld, rig.Complete(rig.Poll(2).Admission!.Value with { Id = admission.Id }));
        Assert.Equal(QueueState.Waiting, rig.Join(1).State);
    }

    [Fact]
    public void Admissions_are_even_and_no_remainder_is_lost()
    {
        // 7 in 3 s: one every 428,571 3/7 us, at the first whole microsecond.
        var rig = new ValveRig(ValveRig.Sale(admissions: 7, perSeconds: 3));
        for (var user = 0; user < 22; user++)
            rig.Join(user);
        rig.PassSeconds(9);

        var admitted = rig.Stored.Where(record => record.Kind == ValveRecordKind.Admitted)
            .Select(record => record.At.Microseconds - ValveRig.Start).ToList();
        Assert.Equal(Enumerable.Range(0, 22).Select(i => ((i * 3 * Second) + 6) / 7), admitted);
    }

    [Fact]
    public void Time_in_which_nobody_came_is_not_saved_up()
    {
        var rig = new ValveRig(ValveRig.Sale());
        rig.PassSeconds(100);

        Assert.Equal(QueueState.Admitted, rig.Join(1).State);
        Assert.Equal(QueueState.Waiting, rig.Join(2).State);
        rig.Pass(Second - 1);
        Assert.Equal(QueueState.Waiting, rig.Poll(2).State);
        rig.Pass(1);
        Assert.Equal(QueueState.Admitted, rig.Poll(2).State);
    }

    [Fact]
    public void How_often_the_owner_looks_changes_nothing()
    {
        var often = new ValveRig(ValveRig.Sale(admissions: 7, perSeconds: 3, checkout: 5, turn: 10, opensAfter: 2));
        var seldom = new ValveRig(often.Spec);
        for (var second = 0; second < 40; second++)
        {
            foreach (var rig in new[] { often, seldom })
                rig.Join(second % 13);
            for (var part = 0; part < 50; part++)
                often.Pass(Second / 50);
            seldom.Pass(Second);
        }

        Assert.Equal(seldom.Stored, often.Stored);
    }

    [Fact]
    public void A_place_dies_after_the_longer_of_30_seconds_and_three_times_what_was_told()
    {
        // One a minute: whoever is p-th is told a quarter of p minutes, and 60 s at most.
        var rig = new ValveRig(ValveRig.Sale(perSeconds: 60, turn: 3_600));
        for (var user = 0; user < 20; user++)
            rig.Join(user);
        rig.Command(ValveCommand.Pause);

        rig.Pass((45 * Second) - 1);
        Assert.Equal(0, rig.Status.Counts.Died);
        rig.Pass(1);
        Assert.Equal((1, QueueState.NoPlace), (rig.Status.Counts.Died, rig.Poll(1).State));
        rig.Pass((135 * Second) - 1);
        Assert.Equal(3, rig.Status.Counts.Died);
        Assert.Equal((QueueState.Waiting, 1), (rig.Poll(4).State, rig.Poll(4).Position));
        rig.Pass(1);
        Assert.Equal((18, 1), (rig.Status.Counts.Died, rig.Status.Waiting));
    }

    [Fact]
    public void A_poll_is_early_before_half_the_told_wait_has_passed()
    {
        var rig = new ValveRig(ValveRig.Sale(opensAfter: 100));
        var told = rig.Join(1).PollAfter.Microseconds;
        Assert.Equal(25 * Second, told);

        rig.Pass((told / 2) - 1);
        var early = rig.Poll(1);
        Assert.True(early.IsEarly);
        rig.Pass(early.PollAfter.Microseconds / 2);
        Assert.False(rig.Poll(1).IsEarly);
    }

    [Fact]
    public void Those_further_back_ask_less_often_within_the_documented_bounds()
    {
        var rig = new ValveRig(ValveRig.Sale(admissions: 10, checkout: 1_000_000));
        var waits = Enumerable.Range(0, 5_000).Select(user => rig.Join(user)).Where(answer => answer.State == QueueState.Waiting).ToList();

        Assert.Equal([.. waits.Select(answer => answer.PollAfter.Microseconds).Order()],
            waits.Select(answer => answer.PollAfter.Microseconds));
        Assert.Equal((PollPace.ShortestMs, PollPace.LongestMs), (waits[0].PollAfter.MillisecondsUp, waits[^1].PollAfter.MillisecondsUp));
        Assert.All(waits, answer => Assert.Equal(answer.Position * Second / 10, answer.Eta!.Value.Microseconds));
    }

    [Fact]
    public void The_eta_minds_the_people_in_checkout_too()
    {
        var rig = new ValveRig(ValveRig.Sale(admissions: 1_000_000, checkout: 2, turn: 64));
        foreach (var user in Enumerable.Range(0, 10))
            rig.Join(user);

        // Until turns have ended, each is thought to last a 32nd of its time: two people every 2 s.
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8], Enumerable.Range(2, 8).Select(user => rig.Poll(user).Eta!.Value.SecondsUp!.Value));
    }

    [Fact]
    public void Nobody_is_admitted_while_paused_and_everybody_keeps_the_place()
    {
        var rig = new ValveRig(ValveRig.Sale(checkout: 1_000));
        rig.Join(1);
        rig.Join(2);
        rig.Command(ValveCommand.Pause);
        for (var i = 0; i < 10; i++)
        {
            rig.PassSeconds(20);
            var answer = rig.Poll(2);
            Assert.Equal((QueueState.Waiting, ValvePhase.Paused, 1, null), (answer.State, answer.Phase, answer.Position, answer.Eta));
        }

        Assert.Equal(2, rig.Join(3).Position);
        rig.Command(ValveCommand.Resume);
        Assert.Equal((QueueState.Admitted, 1), (rig.Poll(2).State, rig.Poll(3).Position));
    }

    [Fact]
    public void The_draw_takes_place_in_a_pause_too()
    {
        var rig = new ValveRig(ValveRig.Sale(opensAfter: 10));
        rig.Join(1);
        rig.Command(ValveCommand.Pause);
        Assert.Equal((QueueState.PreQueue, ValvePhase.Paused), (rig.Poll(1).State, rig.Poll(1).Phase));

        rig.PassSeconds(10);

        Assert.Equal((QueueState.Waiting, 1), (rig.Poll(1).State, rig.Poll(1).Position));
        Assert.NotNull(rig.Valve.Proof(rig.Now).Seed);
    }

    [Fact]
    public void Nobody_comes_before_the_pre_queue()
    {
        var spec = ValveSpec.Of(SaleId.Of("sale"), new Instant(ValveRig.Start + (60 * Second)),
            new Instant(ValveRig.Start + (90 * Second)), ValveRates.Of(1, TimeSpan.FromSeconds(1), 1));
        var rig = new ValveRig(spec);
        var answer = rig.Join(1);
        Assert.Equal((QueueState.NotOpen, ValvePhase.Scheduled, spec.OpensAt, 15),
            (answer.State, answer.Phase, answer.OpensAt, answer.PollAfter.SecondsUp));

        rig.Pass((60 * Second) - 1);
        Assert.Equal(QueueState.NotOpen, rig.Join(1).State);
        rig.Pass(1);
        Assert.Equal((QueueState.PreQueue, ValvePhase.PreQueue), (rig.Join(1).State, rig.Join(1).Phase));
        Assert.Null(rig.Join(1).Position);
    }

    [Fact]
    public void Sold_out_holds_the_line_and_can_be_taken_back()
    {
        var rig = new ValveRig(ValveRig.Sale(checkout: 1));
        var admission = rig.Join(1).Admission;
        rig.Join(2);
        rig.Command(ValveCommand.SoldOut);

        Assert.Equal((QueueState.Admitted, QueueState.SoldOut, QueueState.SoldOut),
            (rig.Poll(1).State, rig.Poll(2).State, rig.Join(3).State));
        Assert.Equal((2, 0), (rig.Poll(2).Place, rig.Join(3).Place));
        Assert.Equal(PlaceEnded.Ended, rig.Complete(admission!.Value));
        rig.PassSeconds(5);
        Assert.Equal(QueueState.SoldOut, rig.Poll(2).State);
        rig.Command(ValveCommand.Resume);
        Assert.Equal(QueueState.Admitted, rig.Poll(2).State);
    }

    [Fact]
    public void A_closed_sale_has_nobody_and_obeys_no_more()
    {
        var rig = new ValveRig(ValveRig.Sale(checkout: 1), storesAtOnce: false);
        rig.Join(1);
        rig.Join(2);
        rig.Store();
        var admission = rig.Poll(1).Admission!.Value;
        rig.Leave(2);
        rig.Command(ValveCommand.Close);
        rig.Store();

        Assert.Equal((QueueState.Closed, QueueState.Closed, QueueState.Closed), (rig.Poll(1).State, rig.Poll(2).State, rig.Join(3).State));
        Assert.Equal(PlaceEnded.NotHeld, rig.Complete(admission));
        rig.Command(ValveCommand.Resume);
        Assert.Equal((ValvePhase.Closed, 0, 0), (rig.Status.Phase, rig.Status.Waiting, rig.Status.InCheckout));
        rig.Crash();
        Assert.Equal(QueueState.Closed, rig.Join(1).State);
    }

    [Fact]
    public void A_full_line_takes_nobody_until_somebody_leaves()
    {
        var rig = new ValveRig(ValveRig.Sale(opensAfter: 60, maxPlaces: 2));
        rig.Join(1);
        rig.Join(2);
        Assert.Equal((QueueState.LineFull, 60), (rig.Join(3).State, rig.Join(3).PollAfter.SecondsUp));
        Assert.Equal(QueueState.PreQueue, rig.Join(2).State);

        rig.Leave(1);

        Assert.Equal(QueueState.PreQueue, rig.Join(3).State);
    }

    [Fact]
    public void Rates_change_at_once_and_take_no_admission_away()
    {
        var rig = new ValveRig(ValveRig.Sale(admissions: 1, perSeconds: 3_600, checkout: 3));
        for (var user = 0; user < 6; user++)
            rig.Join(user);
        Assert.Equal(1, rig.Status.InCheckout);

        rig.Command(ValveCommand.SetRates(ValveRates.Of(10, TimeSpan.FromSeconds(1), 3)));
        Assert.Equal(1, rig.Status.InCheckout);
        rig.Pass(Second / 10);
        Assert.Equal(2, rig.Status.InCheckout);
        rig.Pass(Second / 10);
        Assert.Equal(3, rig.Status.InCheckout);

        rig.Command(ValveCommand.SetRates(ValveRates.Of(10, TimeSpan.FromSeconds(1), 1)));
        Assert.Equal(QueueState.Admitted, rig.Poll(2).State);
        rig.Complete(rig.Poll(0).Admission!.Value);
        rig.Complete(rig.Poll(1).Admission!.Value);
        rig.PassSeconds(1);
        Assert.Equal((1, 3), (rig.Status.InCheckout, rig.Status.Waiting));
    }

    [Fact]
    public void An_owner_that_stood_still_admits_no_crowd_and_no_place_dies_of_it()
    {
        var rig = new ValveRig(ValveRig.Sale(admissions: 5, checkout: 1_000_000));
        for (var user = 0; user < 500; user++)
            rig.Join(user);
        Assert.Equal(1, rig.Status.InCheckout);

        rig.Jump(100 * Second);

        Assert.Equal(1 + 6, rig.Status.InCheckout);
        Assert.Equal((0, 493), (rig.Status.Counts.Died, rig.Status.Waiting));
        rig.Pass((29 * Second) - 1);
        Assert.Equal(0, rig.Status.Counts.Died);
        rig.PassSeconds(200);
        Assert.Equal(0, rig.Status.Waiting);
    }

    [Fact]
    public void A_clock_that_steps_back_changes_nothing()
    {
        var rig = new ValveRig(ValveRig.Sale());
        rig.Join(1);
        rig.Join(2);
        rig.Jump(Second / 2);
        rig.Poll(2);
        rig.Jump(-Second * 400);
        Assert.Equal(1, rig.Poll(2).Position);
        rig.Jump(Second * 400);
        rig.Pass(Second / 2);
        Assert.Equal(QueueState.Admitted, rig.Poll(2).State);
    }
}
