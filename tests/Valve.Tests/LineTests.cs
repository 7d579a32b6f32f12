using OrleansLimiter.TestKit;
using OrleansLimiter.Valve.Line;
using Xunit;

namespace OrleansLimiter.Valve.Tests;

/// <summary>The tree and the heap under a line, against lists, with hundreds of places.</summary>
public sealed class LineTests
{
    private const int Steps = 20_000;

    [Fact]
    public void The_soonest_deadline_is_on_top_whoever_is_moved_or_removed()
    {
        var (dice, places) = (new Dice(11), new PlaceTable());
        var beats = new HeartbeatTable(places);
        var plain = new Dictionary<int, long>();
        for (var step = 0; step < Steps; step++)
        {
            var slot = plain.Count < 10 || dice.OnceIn(3)
                ? places.Add(ValveRig.User(step), step + 1, PlaceState.Waiting)
                : plain.Keys.ElementAt((int)dice.From(0, plain.Count - 1));
            if (plain.ContainsKey(slot) && (dice.OnceIn(2) || plain.Count > 300))
            {
                beats.Remove(slot);
                beats.Remove(slot);
                plain.Remove(slot);
            }
            else
            {
                beats.Set(slot, plain[slot] = dice.From(0, 1_000_000));
            }

            Assert.Equal(plain.Count == 0 ? long.MaxValue : plain.Values.Min(), beats.Soonest);
            Assert.True(plain.Count == 0 || plain[beats.SoonestSlot] == beats.Soonest);
        }
    }

    [Fact]
    public void A_position_is_the_count_of_those_in_front_whoever_leaves_from_the_middle()
    {
        var (dice, places) = (new Dice(12), new PlaceTable());
        var line = new WaitingLine(places);
        var plain = new List<int>();
        for (var step = 0; step < Steps; step++)
        {
            if (plain.Count < 5 || dice.OnceIn(plain.Count > 400 ? 4 : 2))
            {
                var slot = places.Add(ValveRig.User(step), step + 1, PlaceState.Waiting);
                line.Append(slot);
                plain.Add(slot);
            }
            else
            {
                var slot = plain[(int)dice.From(0, plain.Count - 1)];
                line.Remove(slot);
                line.Remove(slot);
                plain.Remove(slot);
                places.Detach(slot);
                places.Free(slot);
            }

            var place = (int)dice.From(0, plain.Count - 1);
            Assert.Equal(place + 1, line.PositionOf(plain[place]));
            Assert.True(line.TryFront(out var front));
            Assert.Equal((plain[0], plain.Count), (front, line.Count));
        }

        Assert.Equal(plain, line.InOrder());
    }
}
