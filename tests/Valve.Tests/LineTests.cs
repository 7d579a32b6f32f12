using OrleansLimiter.TestKit;
using OrleansLimiter.Valve.Line;
using Xunit;

namespace OrleansLimiter.Valve.Tests;

/// <summary>The tree under a line, against a list, with hundreds of places.</summary>
public sealed class LineTests
{
    private const int Steps = 20_000;

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
