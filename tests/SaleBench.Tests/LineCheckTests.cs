using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using OrleansLimiter.SaleBench.Check;
using OrleansLimiter.SaleBench.Http;
using Xunit;

namespace OrleansLimiter.SaleBench.Tests;

public sealed class LineCheckTests
{
    /// <summary>Nobody took part in a draw, so places are in the order of their numbers.</summary>
    private static readonly LineOrder ByNumber = OrderOf(new byte[32], []);

    [Fact]
    public void A_line_that_is_served_in_order_is_good()
    {
        var check = LineCheck.Of([Person(1, (0, 1, 1)).Turn(10), Person(2, (0, 1, 2), (11, 12, 1)).Turn(20),
            Person(3, (2, 3, 3), (13, 14, 2), (21, 22, 1)).Turn(30)], ByNumber, stale: 0);
        Assert.True(check.IsGood);
        Assert.Equal(3, check.Compared);
    }

    [Fact]
    public void A_position_that_grows_is_found()
    {
        Assert.Equal(1, LineCheck.Of([Person(1, (0, 1, 5), (2, 3, 5), (4, 5, 6), (6, 7, 1))], ByNumber, stale: 0).Grown);
    }

    [Fact]
    public void Who_is_held_after_one_behind_was_let_through_was_overtaken()
    {
        var front = Person(1, (0, 1, 1), (21, 22, 1));
        Assert.Equal((1, 1), Overtaken(front, Person(2, (0, 1, 2)).Turn(20)));
        Assert.Equal((0, 1), Overtaken(front, Person(2, (0, 1, 2)).Turn(21))); // the question may have come first
        Assert.Equal((0, 1), Overtaken(front, Person(2, (0, 1, 2)).Turn(20), stale: 1));
        Assert.Equal((0, 1), Overtaken(Person(3, (0, 1, 1), (21, 22, 1)), Person(2, (0, 1, 2)).Turn(20))); // behind
    }

    [Fact]
    public void Who_was_never_held_must_not_come_before_those_who_were_in_line()
    {
        var waiting = Person(1, (0, 1, 1), (21, 22, 1));
        Assert.Equal((1, 1), Overtaken(waiting, new Person(null).Turn(20, sent: 2)));
        Assert.Equal((0, 0), Overtaken(waiting, new Person(null).Turn(20, sent: 1)));
        Assert.Equal((0, 1), Overtaken(waiting, new Person(null).Turn(30, sent: 2)));
    }

    [Fact]
    public void A_position_no_smaller_than_one_told_before_belongs_further_behind()
    {
        Assert.Equal(0, Contradicted(Person(1, (0, 1, 3)), Person(2, (2, 3, 3))));
        Assert.Equal(1, Contradicted(Person(2, (0, 1, 3)), Person(1, (2, 3, 3))));
        Assert.Equal(1, Contradicted(Person(2, (0, 1, 3)), Person(1, (2, 3, 9))));
        Assert.Equal(0, Contradicted(Person(2, (0, 1, 3)), Person(1, (2, 3, 2))));
        Assert.Equal(0, Contradicted(Person(2, (0, 3, 3)), Person(1, (2, 3, 3)))); // at the same time: nothing is certain
    }

    [Fact]
    public void What_is_seen_after_the_turn_does_not_count()
    {
        var check = LineCheck.Of([Person(1, (0, 1, 1)).Turn(2).Held(30, 31, 9), Person(2, (0, 1, 2)).Turn(20)], ByNumber, stale: 0);
        Assert.True(check.IsGood);
        Assert.Equal(2, check.Compared);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_draw_decides_over_numbers_and_comes_before_all_who_come_later(bool isBound)
    {
        var seed = Enumerable.Range(0, 32).Select(i => (byte)(i + 1)).ToArray();
        var draw = DrawOf(seed, [new PlacesInfo(1, 3), new PlacesInfo(7, 8)]) with
        {
            Rule = isBound ? "HMAC-SHA256(seed, place.placesHash)" : null,
        };
        var order = LineOrder.TryCreate(null, draw, out _)!;
        var end = isBound ? $".{draw.PlacesHash}" : "";
        var expected = new long[] { 1, 2, 3, 7, 8 }.OrderBy(
            place =>
            Convert.ToHexString(HMACSHA256.HashData(seed, Encoding.ASCII.GetBytes(place.ToString(CultureInfo.InvariantCulture) + end))),
            StringComparer.Ordinal);
        Assert.Equal([.. expected, 4L, 9L, 10L], new long[] { 1, 2, 3, 4, 7, 8, 9, 10 }.OrderBy(order.RankOf));
        Assert.NotEqual([1L, 2L, 3L, 7L, 8L], new long[] { 1, 2, 3, 7, 8 }.OrderBy(order.RankOf));
    }

    [Fact]
    public void A_draw_that_does_not_fit_what_was_published_is_refused()
    {
        var draw = DrawOf(new byte[32], [new PlacesInfo(1, 2)]);
        Assert.Null(ErrorOf(draw.SeedHash, draw));
        Assert.Equal("the seed's hash is not what it was before the opening", ErrorOf(new string('0', 64), draw));
        Assert.Equal("the seed's hash is not that of the seed", ErrorOf(null, draw with { Seed = new string('1', 64) }));
        Assert.Equal("the places' hash is not that of the places", ErrorOf(null, draw with { Places = [new PlacesInfo(1, 3)] }));
        Assert.Equal("the seed and the places are not published", ErrorOf(null, draw with { Seed = null }));
    }

    private static string? ErrorOf(string? before, DrawInfo draw)
    {
        LineOrder.TryCreate(before, draw, out var error);
        return error;
    }

    private static LineOrder OrderOf(byte[] seed, PlacesInfo[] places) => LineOrder.TryCreate(null, DrawOf(seed, places), out _)!;

    private static DrawInfo DrawOf(byte[] seed, PlacesInfo[] places)
    {
        var numbers = places.SelectMany(run => Enumerable.Range((int)run.First, (int)(run.Last - run.First + 1)));
        var lines = string.Concat(numbers.Select(number => number.ToString(CultureInfo.InvariantCulture) + "\n"));
        return new DrawInfo(Convert.ToHexStringLower(SHA256.HashData(seed)), null,
            Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(lines))), Convert.ToHexStringLower(seed), places);
    }

    private static (int Overtaken, int Compared) Overtaken(Person one, Person other, long stale = 0)
    {
        var check = LineCheck.Of([one, other], ByNumber, stale);
        return (check.Overtaken, check.Compared);
    }

    private static int Contradicted(Person one, Person other) => LineCheck.Of([one, other], ByNumber, stale: 0).Contradicted;

    private static Person Person(long place, params (long Sent, long Received, int Position)[] held)
    {
        var person = new Person(place);
        foreach (var (sent, received, position) in held)
            person.Held(sent, received, position);
        return person;
    }
}
