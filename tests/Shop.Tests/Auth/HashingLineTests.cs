using OrleansLimiter.Shop.Accounts;
using Xunit;

namespace OrleansLimiter.Shop.Tests.Auth;

/// <summary>Who waits for a hashing, and in what order.</summary>
public sealed class HashingLineTests
{
    [Fact]
    public void Addresses_take_turns_and_within_one_the_first_is_first()
    {
        var line = new HashingLine(perAddress: 4, perAccount: 4, most: 64);
        Join(line, "a1", "a2", "a3", "b1", "c1", "b2");

        Assert.Equal(["a1", "b1", "c1", "a2", "b2", "a3"], Leave(line));
    }

    [Fact]
    public void Who_comes_after_a_crowd_of_one_address_waits_for_one_of_them()
    {
        var line = new HashingLine(perAddress: 64, perAccount: 64, most: 64);
        Join(line, [.. Enumerable.Range(0, 50).Select(i => $"a{i}"), "b1"]);

        Assert.Equal(["a0", "b1"], Leave(line)[..2]);
    }

    [Fact]
    public void An_address_that_goes_on_asking_does_not_keep_the_turn()
    {
        var line = new HashingLine(perAddress: 1, perAccount: 64, most: 64);
        Join(line, "a1", "b1");
        Assert.Equal("a1", line.Next()!.Account);
        Join(line, "a2");

        Assert.Equal(["b1", "a2"], Leave(line));
    }

    [Fact]
    public void A_few_addresses_that_never_stop_keep_a_newcomer_waiting_for_none_of_them()
    {
        var line = new HashingLine(perAddress: 4, perAccount: 64, most: 64);
        string[] strangers = ["a", "b", "c", "d", "e", "f"];
        for (var turn = 0; turn < 200; turn++)
        {
            foreach (var stranger in strangers)
                while (line.Add(new HashingPlace(stranger, null), out _) is null) ;
            if (turn % 10 == 9)
            {
                var person = $"person-{turn}";
                Assert.Null(line.Add(new HashingPlace(person, person), out _));
                Assert.Equal(person, line.Next()!.Account);
            }

            Assert.Contains(line.Next()!.Address, strangers);
        }
    }

    [Fact]
    public void Newcomers_who_never_stop_keep_nobody_else_from_a_third_of_the_turns()
    {
        var line = new HashingLine(perAddress: 4, perAccount: 4, most: 64);
        Join(line, "a1");
        line.Next();
        Join(line, "a2");
        for (var i = 0; i < 8; i++)
            Assert.Null(line.Add(new HashingPlace($"newcomer-{i}", null), out _));

        Assert.Contains("a2", Leave(line)[..3]);
    }

    [Fact]
    public void One_address_has_few_places_whatever_accounts_it_names()
    {
        var line = new HashingLine(perAddress: 2, perAccount: 4, most: 64);
        Join(line, "a1", "a2");

        Assert.Equal(HashingRefusal.Address, line.Add(new HashingPlace("a", "a3"), out _));
        Join(line, "b1");
        line.Next();
        Join(line, "a3"); // one place was left
    }

    [Fact]
    public void One_account_has_few_places_whatever_addresses_ask()
    {
        var line = new HashingLine(perAddress: 4, perAccount: 2, most: 64);
        Assert.Null(line.Add(new HashingPlace("a", "ada"), out _));
        Assert.Null(line.Add(new HashingPlace("b", "ada"), out _));

        Assert.Equal(HashingRefusal.Account, line.Add(new HashingPlace("c", "ada"), out _));
        Assert.Null(line.Add(new HashingPlace("c", "bob"), out _));
        Assert.Null(line.Add(new HashingPlace("d", null), out _));
        line.Next();
        Assert.Null(line.Add(new HashingPlace("e", "ada"), out _));
    }

    [Fact]
    public void Where_all_places_are_taken_the_address_with_most_gives_its_last_to_one_with_fewer()
    {
        var line = new HashingLine(perAddress: 4, perAccount: 4, most: 6);
        Join(line, "a1", "a2", "a3", "b1", "b2", "c1");

        Assert.Null(line.Add(new HashingPlace("d", "d1"), out var displaced));

        Assert.Equal("a3", displaced!.Account);
        Assert.Equal(6, line.Count);
        Assert.Equal(HashingRefusal.Full, line.Add(new HashingPlace("c", "c2"), out _)); // it would have as many as the longest
        Assert.Equal(["a1", "b1", "c1", "d1", "a2", "b2"], Leave(line));
    }

    [Fact]
    public void Who_gives_up_leaves_no_trace()
    {
        var line = new HashingLine(perAddress: 1, perAccount: 1, most: 1);
        var place = new HashingPlace("a", "ada");
        Assert.Null(line.Add(place, out _));

        Assert.True(line.Remove(place));
        Assert.False(line.Remove(place));
        Assert.Equal(0, line.Count);
        Assert.Null(line.Next());
        Assert.Null(line.Add(new HashingPlace("a", "ada"), out _));
    }

    /// <summary>Adds places of accounts of their own; the first letter is the address.</summary>
    private static void Join(HashingLine line, params string[] accounts)
    {
        foreach (var account in accounts)
            Assert.Null(line.Add(new HashingPlace(account[..1], account), out _));
    }

    private static List<string?> Leave(HashingLine line)
    {
        var order = new List<string?>();
        while (line.Next() is { } place)
            order.Add(place.Account);
        return order;
    }
}
