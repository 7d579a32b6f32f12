using OrleansLimiter.Core.Limits;
using OrleansLimiter.Valve.Tokens;
using Xunit;

namespace OrleansLimiter.Valve.Tests;

public sealed class TokenTests
{
    private static readonly string One = "k1:" + Convert.ToBase64String(Enumerable.Repeat((byte)1, 32).ToArray());
    private static readonly string Two = "k2:" + Convert.ToBase64String(Enumerable.Repeat((byte)2, 32).ToArray());
    private static readonly Admission Given = new(
        new AdmissionId(7, 42), SaleId.Of("sale-1"), UserId.Of("somebody"), new Instant(1_000_000));

    [Fact]
    public void An_admission_is_good_for_its_user_at_its_sale_until_it_expires()
    {
        var keys = Keys(One);
        var token = AdmissionToken.Sign(Given, keys);
        var (sale, user) = (Given.Sale, Given.User);

        Assert.True(AdmissionToken.TryVerify(token, keys, sale, user, new Instant(999_999), out var admission));
        Assert.Equal(Given, admission);
        Assert.False(AdmissionToken.TryVerify(token, keys, sale, user, new Instant(1_000_000), out admission));
        Assert.Equal(default, admission);
        Assert.False(AdmissionToken.TryVerify(token, keys, SaleId.Of("sale-2"), user, new Instant(0), out _));
        Assert.False(AdmissionToken.TryVerify(token, keys, sale, UserId.Of("somebody else"), new Instant(0), out _));
        Assert.InRange(token.Length, 1, AdmissionToken.MaxLength);
        Assert.DoesNotContain(token, c => c is not (>= 'a' and <= 'z' or >= 'A' and <= 'Z' or >= '0' and <= '9' or '-' or '_' or '.'));
    }

    [Fact]
    public void No_character_of_a_token_can_be_changed_removed_or_added()
    {
        var keys = Keys(One);
        var token = AdmissionToken.Sign(Given, keys);
        for (var place = 0; place < token.Length; place++)
        {
            foreach (var character in "0a9.-")
            {
                if (token[place] != character)
                    Assert.False(IsGood(token[..place] + character + token[(place + 1)..], keys), $"{place} {character}");
            }

            Assert.False(IsGood(token.Remove(place, 1), keys));
            Assert.False(IsGood(token.Insert(place, "1"), keys));
            Assert.False(IsGood(token[..place], keys));
        }

        Assert.False(IsGood(null, keys));
        Assert.False(IsGood(token + ".", keys));
        Assert.False(IsGood(token + "a", keys));
        Assert.False(IsGood(token + new string('a', 300), keys));
        Assert.False(IsGood("k1.......", keys));
    }

    [Fact]
    public void Keys_are_rotated_without_an_admission_being_lost()
    {
        var old = AdmissionToken.Sign(Given, Keys(One));
        var both = Keys($"{Two}, {One}");
        var young = AdmissionToken.Sign(Given, both);

        Assert.StartsWith("k2.", young, StringComparison.Ordinal);
        Assert.True(IsGood(old, both));
        Assert.True(IsGood(young, both));
        Assert.False(IsGood(old, Keys(Two)));
        Assert.False(IsGood(young, Keys(One)));
        Assert.False(IsGood(old, Keys("k1:" + Two[3..])));
    }

    [Theory]
    [InlineData(null, "QUEUE_TOKEN_KEYS is 0 keys: it must hold 1 to 8 keys, as id:base64 separated by commas.")]
    [InlineData("secret",
        "QUEUE_TOKEN_KEYS is ***: it must begin each key with its id, 1 to 16 characters of a-z, 0-9 and -, and a colon.")]
    [InlineData("K:AAAA",
        "QUEUE_TOKEN_KEYS is ***: it must begin each key with its id, 1 to 16 characters of a-z, 0-9 and -, and a colon.")]
    [InlineData("k1:AAAA", "QUEUE_TOKEN_KEYS is k1:***: it must have at least 32 bytes as base64 in each key.")]
    [InlineData("k1:not base64!", "QUEUE_TOKEN_KEYS is k1:***: it must have at least 32 bytes as base64 in each key.")]
    public void A_wrong_setting_is_named_and_no_secret_is_shown(string? text, string complaint)
    {
        Assert.False(AdmissionKeys.TryParse(text, out _, out var error));
        Assert.Equal(complaint, error.ToString());
    }

    [Fact]
    public void Keys_are_few_and_each_has_its_own_name()
    {
        Assert.False(AdmissionKeys.TryParse($"{One},{One}", out _, out var error));
        Assert.Equal("QUEUE_TOKEN_KEYS is k1:*** twice: it must name each key once.", error.ToString());
        Assert.False(AdmissionKeys.TryParse(string.Join(',', Enumerable.Range(0, 9).Select(i => $"k{i}{One[2..]}")), out _, out _));
        Assert.True(AdmissionKeys.TryParse(string.Join(',', Enumerable.Range(0, 8).Select(i => $"k{i}{One[2..]}")), out _, out _));
    }

    [Fact]
    public void A_derived_key_is_the_same_everywhere_and_not_the_secret()
    {
        var secret = Enumerable.Repeat((byte)3, 32).ToArray();
        var token = AdmissionToken.Sign(Given, AdmissionKeys.DerivedFrom(secret));

        Assert.True(IsGood(token, AdmissionKeys.DerivedFrom(secret)));
        Assert.False(IsGood(token, Keys("derived:" + Convert.ToBase64String(secret))));
        Assert.Throws<ArgumentException>(() => AdmissionKeys.DerivedFrom(new byte[31]));
    }

    [Fact]
    public void Users_are_told_apart_by_every_byte_of_their_subject()
    {
        var uuid = "0198c1d2-3e4f-7a5b-8c6d-7e8f90a1b2c3";
        Assert.Equal("0198c1d23e4f7a5b8c6d7e8f90a1b2c3", UserId.Of(uuid).ToString());
        Assert.True(UserId.TryParse("0198c1d23e4f7a5b8c6d7e8f90a1b2c3", out var parsed));
        Assert.Equal(UserId.Of(uuid), parsed);
        Assert.NotEqual(UserId.Of(uuid), UserId.Of(uuid.ToUpperInvariant()));
        Assert.NotEqual(UserId.Of(uuid), UserId.Of(uuid.Replace("-", "", StringComparison.Ordinal)));
        Assert.NotEqual(UserId.Of("a"), UserId.Of("A"));
        Assert.False(UserId.TryParse("1", out _));
        Assert.Throws<ArgumentException>(() => UserId.Of(""));
    }

    private static AdmissionKeys Keys(string text) =>
        AdmissionKeys.TryParse(text, out var keys, out _) ? keys : throw new InvalidOperationException();

    private static bool IsGood(string? token, AdmissionKeys keys) =>
        AdmissionToken.TryVerify(token, keys, Given.Sale, Given.User, new Instant(0), out _);
}
