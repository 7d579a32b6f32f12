using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using OrleansLimiter.Valve.Records;
using Xunit;

namespace OrleansLimiter.Valve.Tests;

public sealed class DrawTests
{
    [Fact]
    public void Anyone_can_check_the_draw_from_what_is_published()
    {
        var rig = new ValveRig(ValveRig.Sale(opensAfter: 60));
        for (var user = 0; user < 50; user++)
            rig.Join(user);
        rig.Leave(7);
        rig.Leave(8);
        rig.Join(8);
        var before = rig.Valve.Proof(rig.Now);
        Assert.Equal((null, null), (before.Seed, before.PlacesHash));
        Assert.Empty(before.Places);

        rig.Command(ValveCommand.Pause);
        for (var second = 0; second < 60; second += 20)
        {
            rig.PassSeconds(20);
            Enumerable.Range(0, 50).ToList().ForEach(user => rig.Poll(user));
        }

        // Only what is published is used from here on.
        var proof = rig.Valve.Proof(rig.Now);
        var seed = Convert.FromHexString(proof.Seed!);
        Assert.Equal(before.SeedHash, Convert.ToHexStringLower(SHA256.HashData(seed)));
        var numbers = proof.Places.SelectMany(run => Enumerable.Range((int)run.First, (int)(run.Last - run.First + 1))).ToList();
        Assert.Equal([.. Enumerable.Range(1, 51).Except([8, 9])], numbers);
        Assert.Equal(proof.PlacesHash,
            Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(string.Concat(numbers.Select(number => $"{number}\n"))))));
        var order = numbers.OrderBy(number =>
            Convert.ToHexStringLower(HMACSHA256.HashData(seed, Encoding.ASCII.GetBytes($"{number}.{proof.PlacesHash}"))),
            StringComparer.Ordinal).ToList();
        Assert.Equal(order.Select(number => (long)number), Draw.Order(ParsedSeed(proof), proof.Places, proof.PlacesHash));
        foreach (var user in Enumerable.Range(0, 50).Where(user => user != 7))
        {
            var answer = rig.Poll(user);
            Assert.Equal(order.IndexOf((int)answer.Place) + 1, answer.Position);
        }
    }

    // printf %s 17 | openssl dgst -sha256 -mac HMAC -macopt hexkey:000102...1f, and the same of 17.000...0
    [Theory]
    [InlineData(null, "47cdebcdb73f89f2b9deff1a4852aab11ac006bfcc7307cfe76e4b7c47b5571a")]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000",
        "7dd865fb50aa521f3f0ef3b80f7f435041d525f240979273cc27fd62b7b09fd9")]
    public void A_places_code_is_the_hmac_of_its_decimal_number_and_of_who_took_part(string? placesHash, string expected)
    {
        Span<byte> code = stackalloc byte[32];

        Draw.WriteCode(new DrawSeed(Enumerable.Range(0, 32).Select(i => (byte)i).ToArray()), 17, placesHash, code);

        Assert.Equal(expected, Convert.ToHexStringLower(code));
    }

    [Fact]
    public void Who_knows_the_seed_and_the_numbers_does_not_know_the_order_while_one_more_may_come()
    {
        var seed = ValveRig.SeedOf("seed");
        PlaceRun[] hundred = [new(1, 100)];
        PlaceRun[] oneMore = [new(1, 101)];
        var before = Draw.Order(seed, hundred, Draw.HashOf(hundred));
        var after = Draw.Order(seed, oneMore, Draw.HashOf(oneMore)).Where(place => place <= 100).ToList();
        Assert.NotEqual(before, after);

        // As in two draws that have nothing to do with each other: the mean of one place in common.
        Assert.InRange(before.Zip(after).Count(pair => pair.First == pair.Second), 0, 6);
    }

    [Fact]
    public void A_sale_that_an_earlier_build_set_up_is_drawn_as_it_was_published()
    {
        var rig = new ValveRig(ValveRig.Sale(opensAfter: 10));
        for (var user = 0; user < 20; user++)
            rig.Join(user);
        rig.Command(ValveCommand.Pause);
        var earlier = rig.Stored.Select(
            record => record.Kind == ValveRecordKind.StartedBound ? record with { Kind = ValveRecordKind.Started } : record).ToList();
        Assert.True(ValveMachine.TryRestore(rig.Spec, [], earlier, rig.Now, out var valve));
        var opening = rig.Now.After(Core.Limits.Wait.OfMicroseconds(10 * ValveRig.Second));
        foreach (var second in Enumerable.Range(1, 10))
            valve.Advance(rig.Now.After(Core.Limits.Wait.OfMicroseconds(second * ValveRig.Second)));
        valve.Stored(valve.LastRecord, opening);

        var proof = valve.Proof(opening);
        Assert.False(proof.IsBound);
        Assert.Equal(ValveRecordKind.Started, valve.Snapshot()[0].Kind);
        var order = Draw.Order(ParsedSeed(proof), proof.Places, null);
        foreach (var user in Enumerable.Range(0, 20))
        {
            var answer = valve.Poll(ValveRig.User(user), opening);
            Assert.Equal(order.ToList().IndexOf(answer.Place) + 1, answer.Position);
        }
    }

    [Fact]
    public void The_draw_does_not_know_who_came_first()
    {
        // Spearman's coefficient of 2,000 places has a standard deviation of 1/sqrt(1,999), or 0.0224: over 40 fixed seeds none is beyond
        // 3.5 of it, and their mean not beyond 3.
        const int People = 2_000;
        const int Seeds = 40;
        var sum = 0.0;
        var firstHalfInFront = 0;
        for (var seed = 0; seed < Seeds; seed++)
        {
            var order = Draw.Order(ValveRig.SeedOf(seed.ToString(CultureInfo.InvariantCulture)), [new PlaceRun(1, People)],
                Draw.HashOf([new PlaceRun(1, People)]));
            Assert.Equal(Enumerable.Range(1, People).Select(place => (long)place), order.Order());
            var squares = order.Select((place, rank) => Math.Pow(place - 1 - rank, 2)).Sum();
            var coefficient = 1 - (6 * squares / (People * (((double)People * People) - 1)));
            Assert.InRange(coefficient, -0.0784, 0.0784);
            sum += coefficient;
            firstHalfInFront += order.Take(100).Count(place => place <= People / 2);
        }

        Assert.InRange(sum / Seeds, -0.0106, 0.0106);

        // Of the 4,000 who got the first hundred places of a draw, about half came early: the standard deviation is 31.
        Assert.InRange(firstHalfInFront, 2_000 - 93, 2_000 + 93);
    }

    [Fact]
    public void Whoever_leaves_and_comes_again_before_the_draw_takes_part_once()
    {
        var rig = new ValveRig(ValveRig.Sale(opensAfter: 10));
        rig.Join(1);
        rig.Leave(1);
        rig.Join(1);

        rig.PassSeconds(10);

        Assert.Equal([new PlaceRun(2, 2)], rig.Valve.Proof(rig.Now).Places.ToArray());
        Assert.Equal(1, rig.Status.Counts.Left);
    }

    [Fact]
    public void Whoever_comes_at_the_opening_is_behind_all_who_came_before()
    {
        var rig = new ValveRig(ValveRig.Sale(opensAfter: 10, checkout: 1));
        rig.Pass((10 * ValveRig.Second) - 1);
        Assert.Null(rig.Join(1).Position);
        Assert.Null(rig.Join(2).Position);
        rig.Pass(1);

        Assert.Equal(2, rig.Join(3).Position);
        Assert.Equal(3, rig.Join(4).Position);
        Assert.Equal([1, 1], new[] { rig.Poll(1), rig.Poll(2) }.Select(answer => answer.Position ?? 1));
    }

    private static DrawSeed ParsedSeed(DrawProof proof) =>
        DrawSeed.TryParse(proof.Seed, out var seed) ? seed : throw new InvalidOperationException();
}
