using System.Globalization;
using System.Text;
using OrleansLimiter.Hosting.Reading;
using OrleansLimiter.Shop.Data;

namespace OrleansLimiter.Shop.Accounts;

/// <summary>What an account's fields must be. No message holds a value.</summary>
internal static class AccountRules
{
    private const string EmailRule = "an e-mail address of at most 254 characters";
    private const string NewEmailRule = EmailRule
        + ", without characters that are not seen or turn the writing round or marks apart from their letters, "
        + @"and without any of < > ( ) [ ] \ , ; : "" `";
    private const string Markup = "<>()[]\\,;:\"`";
    private const string PasswordRule =
        "a password that is not the address, not one of the 10,000 commonest, not a few characters again and again and not a run as in "
        + "abcdefghijkl";

    /// <summary>The address as accounts are found by it: trimmed, composed (NFC), in lower case.</summary>
    public static string Normalized(string email) => Lowered(email).Normalize(NormalizationForm.FormC);

    /// <summary>The address as builds before this one stored it, which did not compose it.</summary>
    public static string Lowered(string email) => email.Trim().ToLowerInvariant();

    /// <summary>What is wrong with an address; null if nothing is. Whether anybody reads mail there, only a mail can tell.</summary>
    /// <param name="email">As it was sent; null if it was left out.</param>
    /// <param name="isNew">Whether it is about to be an account's: one that is presented may be any that once could be.</param>
    public static RequestError? ErrorInEmail(string? email, bool isNew = false)
    {
        if (email is null)
            return Missing("email", EmailRule);
        if (!IsWellFormed(email))
            return RequestError.WrongType("email", "not such an address", EmailRule);
        var address = Normalized(email);
        var at = address.IndexOf('@', StringComparison.Ordinal);
        var isGood = address.Length <= User.MaxEmail && at > 0 && at == address.LastIndexOf('@') && at < address.Length - 1
            && !address.Any(c => char.IsWhiteSpace(c) || char.IsControl(c));
        if (!isGood)
            return RequestError.WrongType("email", "not such an address", EmailRule);
        return isNew && address.EnumerateRunes().Any(IsHiddenOrMarkup)
            ? RequestError.WrongType("email", "not such an address", NewEmailRule)
            : null;
    }

    /// <summary>What is wrong with a password; null if nothing is.</summary>
    /// <param name="password">As it was sent; null if it was left out.</param>
    /// <param name="isNew">Whether it is about to be an account's: one that is presented may be any that once could be.</param>
    /// <param name="email">The account's address, of a new password.</param>
    public static RequestError? ErrorInPassword(string? password, bool isNew, string? email = null)
    {
        var least = isNew ? Passwords.MinLength : 1;
        var rule = string.Create(CultureInfo.InvariantCulture, $"{least} to {Passwords.MaxLength} characters");
        if (password is null)
            return Missing("password", rule);
        if (password.Length < least || password.Length > Passwords.MaxLength)
            return RequestError.WrongType(
                "password", string.Create(CultureInfo.InvariantCulture, $"{password.Length} characters long"), rule);
        return isNew && GuessablePasswords.Contains(password, email)
            ? RequestError.WrongType("password", "easy to guess", PasswordRule)
            : null;
    }

    /// <summary>What is wrong with a name; null if nothing is, or if it was left out.</summary>
    public static RequestError? ErrorInName(string? name)
    {
        var rule = string.Create(CultureInfo.InvariantCulture, $"at most {User.MaxName} characters without control characters");
        if (name is null)
            return null;
        if (name.Length > User.MaxName)
            return RequestError.WrongType("name", string.Create(CultureInfo.InvariantCulture, $"{name.Length} characters long"), rule);
        return name.Any(char.IsControl) ? RequestError.WrongType("name", "not plain text", rule) : null;
    }

    // Lone halves of a surrogate pair are no text: nothing can be composed of them.
    private static bool IsWellFormed(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsSurrogatePair(text, i))
                i++;
            else if (char.IsSurrogate(text[i]))
                return false;
        }

        return true;
    }

    private static bool IsHiddenOrMarkup(Rune rune) => (rune.IsAscii && Markup.Contains((char)rune.Value, StringComparison.Ordinal))
        || Rune.GetUnicodeCategory(rune) is UnicodeCategory.Format or UnicodeCategory.Control or UnicodeCategory.PrivateUse
            or UnicodeCategory.OtherNotAssigned
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Surrogate
        || IsLooseMark(rune.Value)
        || rune.Value is 0x034F or 0x115F or 0x1160 or 0x17B4 or 0x17B5 or 0x3164 or 0xFFA0 or (>= 0xFE00 and <= 0xFE0F)
            or (>= 0x180B and <= 0x180F) or (>= 0xE0100 and <= 0xE01EF);

    // Where the system has no tables to compose by, a letter with a mark behind it would be another address than the composed one: nobody
    // signs up with such a one.
    private static bool IsLooseMark(int value) =>
        value is (>= 0x0300 and <= 0x036F) or (>= 0x1AB0 and <= 0x1AFF) or (>= 0x1DC0 and <= 0x1DFF) or (>= 0x20D0 and <= 0x20FF)
            or (>= 0xFE20 and <= 0xFE2F);

    private static RequestError Missing(string field, string rule) => RequestError.WrongType(field, "missing", rule);
}
