using OrleansLimiter.Valve.Tokens;
using Xunit;

namespace OrleansLimiter.Valve.Tests;

public sealed class SeedSealTests
{
    private static readonly SaleId Sale = SaleId.Of("sale");
    private static readonly DrawSeed Seed = ValveRig.SeedOf("seed");
    private static readonly SeedSeal Old = SeedSeal.Of(KeysOf($"old:{Convert.ToBase64String(new byte[32])}"));
    private static readonly SeedSeal New = SeedSeal.Of(
        KeysOf($"new:{Convert.ToBase64String([.. Enumerable.Repeat((byte)1, 32)])},old:{Convert.ToBase64String(new byte[32])}"));

    [Fact]
    public void A_block_holds_nothing_of_the_seed_and_is_opened_by_whoever_has_the_key()
    {
        var block = Old.Seal(Sale, Seed);
        Assert.Equal(-1, block.AsSpan().IndexOf(Seed.Span[..4]));
        Assert.True(Old.TryOpen(Sale, block, out var opened));
        Assert.Equal(Seed.Reveal(), opened.Reveal());
        Assert.Equal(block, Old.Seal(Sale, Seed));
        Assert.NotEqual(block[5..17], Old.Seal(Sale, ValveRig.SeedOf("another"))[5..17]);
    }

    [Fact]
    public void After_a_new_key_what_the_old_one_sealed_is_opened_and_not_the_other_way_round()
    {
        Assert.True(New.TryOpen(Sale, Old.Seal(Sale, Seed), out _));
        Assert.False(Old.TryOpen(Sale, New.Seal(Sale, Seed), out _));
        Assert.False(SeedSeal.None.TryOpen(Sale, New.Seal(Sale, Seed), out _));
    }

    [Fact]
    public void A_block_is_of_one_sale_and_every_bit_of_it_counts()
    {
        var block = Old.Seal(Sale, Seed);
        Assert.False(Old.TryOpen(SaleId.Of("another"), block, out _));
        for (var at = 0; at < block.Length; at++)
        {
            block[at] ^= 1;
            Assert.False(Old.TryOpen(Sale, block, out _), $"byte {at}");
            block[at] ^= 1;
        }

        Assert.False(Old.TryOpen(Sale, block.AsSpan(1), out _));
        Assert.False(Old.TryOpen(Sale, [], out _));
    }

    [Fact]
    public void Without_a_key_the_seed_itself_is_stored_and_any_seal_reads_it()
    {
        var block = SeedSeal.None.Seal(Sale, Seed);
        Assert.True(New.TryOpen(Sale, block, out var opened));
        Assert.Equal(Seed.Reveal(), opened.Reveal());
    }

    [Fact]
    public void Keys_that_are_handed_over_seal_and_open_the_same()
    {
        Assert.True(SeedSeal.TryImport(New.Export(), out var handed));
        Assert.Equal(New.Seal(Sale, Seed), handed.Seal(Sale, Seed));
        Assert.True(handed.TryOpen(Sale, Old.Seal(Sale, Seed), out _));
        Assert.False(SeedSeal.TryImport(New.Export().AsSpan(1), out _));
        Assert.True(SeedSeal.TryImport([], out var none));
        Assert.False(none.HasKeys);
    }

    private static AdmissionKeys KeysOf(string text) =>
        AdmissionKeys.TryParse(text, out var keys, out var error) ? keys : throw new ArgumentException(error.ToString());
}
