using OrleansLimiter.Shop.Accounts;
using Xunit;

namespace OrleansLimiter.Shop.Tests.Auth;

/// <summary>Which addresses and passwords a new account may have; one that exists is found as it is.</summary>
public sealed class AccountRuleTests
{
    [Theory]
    [InlineData("a\u200bda@example.test")] // zero width
    [InlineData("ada\u2060@example.test")]
    [InlineData("\ufeffada@example.test")]
    [InlineData("ada\u00ad@example.test")] // soft hyphen
    [InlineData("\u202eada@example.test")] // right to left
    [InlineData("ada@\u2066example.test")]
    [InlineData("ada\u3164@example.test")] // a letter that nobody sees
    [InlineData("ada\ufe0f@example.test")]
    [InlineData("<b>ada</b>@example.test")]
    [InlineData("ada\"onclick@example.test")]
    [InlineData("ada@example.test,bob")]
    [InlineData("ada;bcc:bob@example.test")]
    public void A_new_address_hides_nothing(string address) => Assert.NotNull(AccountRules.ErrorInEmail(address, isNew: true));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Half_a_character_is_no_address(bool isNew) =>
        Assert.NotNull(AccountRules.ErrorInEmail("ada" + (char)0xD800 + "@example.test", isNew));

    [Theory]
    [InlineData("ada@example.test")]
    [InlineData("o'brien+tickets@example.test")]
    [InlineData("r&d@example.test")]
    [InlineData("j\u00f6rg@b\u00fccher.example")]
    [InlineData("\u7528\u6237@\u4f8b\u5b50.example")]
    public void An_honest_address_is_taken(string address) => Assert.Null(AccountRules.ErrorInEmail(address, isNew: true));

    // Composed where the system can (NFC), and else refused: never a second account that looks the same.
    [Fact]
    public void An_address_is_one_however_its_letters_are_put_together()
    {
        var apart = "jo\u0308rg@example.test ";
        Assert.True(AccountRules.Normalized("J\u00d6rg@example.test") == AccountRules.Normalized(apart)
            || AccountRules.ErrorInEmail(apart, isNew: true) is not null);
    }

    [Fact]
    public void An_account_of_before_is_asked_for_by_its_address_as_it_is() => Assert.Null(AccountRules.ErrorInEmail("<ada>@example.test"));

    [Theory]
    [InlineData("aaaaaaaaaaaa")]
    [InlineData("abababababab")]
    [InlineData("abcdabcdabcdab")]
    [InlineData("abcdefghijkl")]
    [InlineData("LKJIHGFEDCBA")]
    [InlineData("123456789012")]
    [InlineData("098765432109")]
    [InlineData("lovelace.ada@example.test")]
    [InlineData("Lovelace.Ada")]
    public void A_password_that_says_itself_is_refused(string password) =>
        Assert.Contains("easy to guess", AccountRules.ErrorInPassword(password, isNew: true, "lovelace.ada@example.test")!.Message,
            StringComparison.Ordinal);

    [Fact]
    public void Each_of_the_10_000_commonest_passwords_is_refused_and_an_old_account_may_have_it()
    {
        Assert.Equal(CommonPasswords.Most, CommonPasswords.Count);
        Assert.True(CommonPasswords.Contains("PassWord"));
        var common = Common().First(password => password.Length >= Passwords.MinLength);
        Assert.NotNull(AccountRules.ErrorInPassword(common, isNew: true));
        Assert.NotNull(AccountRules.ErrorInPassword(common.ToUpperInvariant(), isNew: true));
        Assert.Null(AccountRules.ErrorInPassword(common, isNew: false));
        Assert.Null(AccountRules.ErrorInPassword("correct horse battery", isNew: true));
    }

    private static IEnumerable<string> Common()
    {
        using var stream = System.Reflection.Assembly.Load("zxcvbn-core")
            .GetManifestResourceStream("zxcvbn-core.Dictionaries.passwords.lst")!;
        using var reader = new StreamReader(stream);
        for (var i = 0; i < CommonPasswords.Most && reader.ReadLine() is { } line; i++)
            yield return line.Trim();
    }
}
