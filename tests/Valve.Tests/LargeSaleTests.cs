using System.Globalization;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.TestKit;
using Xunit;

namespace OrleansLimiter.Valve.Tests;

/// <summary>A hundred thousand people. Not beside other tests: what is kept is measured of the whole process.</summary>
[CollectionDefinition(nameof(LargeSaleTests), DisableParallelization = true)]
[Collection(nameof(LargeSaleTests))]
public sealed class LargeSaleTests(ITestOutputHelper output)
{
    private const int People = 100_000;
    private const long MostBytes = 30_000_000;
    private const long Second = ValveRig.Second;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_hundred_thousand_waiting_people_take_at_most_30_MB(bool drawn)
    {
        var users = Enumerable.Range(0, People).Select(ValveRig.User).ToArray();
        var start = new Instant(ValveRig.Start);
        var spec = ValveRig.Sale(checkout: 1, opensAfter: drawn ? 1 : 3_600);

        var before = GC.GetAllocatedBytesForCurrentThread();
        var kept = GC.GetTotalMemory(forceFullCollection: true);
        var valve = ValveMachine.Start(spec, ValveRig.SeedOf("large"), start);
        foreach (var user in users)
        {
            valve.Join(user, start);
            valve.Stored(valve.LastRecord, start);
        }

        var now = start;
        if (drawn)
        {
            now = new Instant(ValveRig.Start + Second);
            valve.Advance(now);
            valve.Stored(valve.LastRecord, now);
        }

        kept = GC.GetTotalMemory(forceFullCollection: true) - kept;
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{kept:N0} bytes kept ({kept / People} each), {allocated:N0} allocated on the way."));
        Assert.Equal(drawn ? People - 1 : People, valve.Status(now).Waiting);
        Assert.InRange(kept, People * 50L, MostBytes);

        // 100,000 polls, each of another person, and nothing is allocated.
        before = GC.GetAllocatedBytesForCurrentThread();
        foreach (var user in users)
            valve.Poll(user, now);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void A_sale_of_a_hundred_thousand_people_is_played_to_its_end()
    {
        // Two thirds come before the opening. One in ten never buys, one in twenty loses patience, one in fifty leaves the line.
        var spec = ValveSpec.Of(SaleId.Of("large"), new Instant(ValveRig.Start), new Instant(ValveRig.Start + (60 * Second)),
            ValveRates.Of(500, TimeSpan.FromSeconds(1), 5_000), TimeSpan.FromSeconds(30));
        var valve = ValveMachine.Start(spec, ValveRig.SeedOf("large"), new Instant(ValveRig.Start));
        var dice = new Dice(7);
        var events = new PriorityQueue<int, (long At, int User)>();
        for (var user = 0; user < People; user++)
            events.Enqueue(user, (ValveRig.Start + dice.From(0, 90 * Second), user));
        var told = new int[People];
        var polls = 0;
        var last = 0L;
        while (events.TryDequeue(out var user, out var due))
        {
            var now = new Instant(last = due.At);
            var id = ValveRig.User(user);
            polls++;
            var joins = told[user] == 0;
            var answer = joins ? valve.Join(id, now) : valve.Poll(id, now);
            while (valve.HasUnstored)
                valve.Stored(valve.LastRecord, now);
            if (joins)
                answer = valve.Tell(id, now);
            if (answer.Position is { } position)
                Assert.True(told[user] == 0 || told[user] == int.MaxValue || position <= told[user],
                    $"{user} was told {told[user]} and is {position}");
            told[user] = answer.Position ?? int.MaxValue;
            var kind = user % 100;
            if (answer.Admission is { } admission && kind >= 10)
                Assert.Equal(PlaceEnded.Ended, valve.Complete(admission.Id, id, now));
            else if (kind is >= 95 and < 97 && answer.State == QueueState.Waiting)
                Assert.Equal(PlaceEnded.Ended, valve.Leave(id, now));
            else if (answer.State is QueueState.PreQueue or QueueState.Waiting && kind is < 90 or >= 95)
                events.Enqueue(user, (due.At + answer.PollAfter.Microseconds, user));
        }

        var end = new Instant(last + (300 * Second));
        for (var at = last; at <= end.Microseconds; at += Second)
            valve.Advance(new Instant(at));
        var status = valve.Status(end);
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{polls:N0} joins and polls, {(last - ValveRig.Start) / Second} s, {status}"));
        Assert.Equal((0, 0), (status.Waiting, status.InCheckout));
        var counts = status.Counts;
        Assert.Equal(People, counts.Joined);
        Assert.Equal(People, counts.Left + counts.Died + counts.NoShows + counts.Completed);
        Assert.Equal(counts.Admitted, counts.NoShows + counts.Completed);
        Assert.InRange(counts.Completed, 80_000, 90_000);
        Assert.InRange(counts.NoShows, 9_000, 20_000);
        Assert.InRange(counts.Left, 1_000, 2_000);
        Assert.InRange(counts.Died, 1_000, 5_000);
    }
}
