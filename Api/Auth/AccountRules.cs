using System.Globalization;
using OrleansLimiter.Api.Data;
using OrleansLimiter.Api.Reading;

namespace OrleansLimiter.Api.Auth;

/// <summary>What an account's fields must be. No message holds a value.</summary>
internal static class AccountRules
{
    private const string EmailRule = "an e-mail address of at most 254 characters";

    /// <summary>The address as accounts are found by it: trimmed, in lower case.</summary>
    public static string Normalized(string email) => email.Trim().ToLowerInvariant();

    /// <summary>What is wrong with an address; null if nothing is. Whether anybody reads mail there, only a mail can tell.</summary>
    /// <param name="email">As it was sent; null if it was left out.</param>
    public static RequestError? ErrorInEmail(string? email)
    {
        if (email is null)
            return Missing("email", EmailRule);
        var address = Normalized(email);
        var at = address.IndexOf('@', StringComparison.Ordinal);
        var isGood = address.Length <= User.MaxEmail && at > 0 && at == address.LastIndexOf('@') && at < address.Length - 1
            && !address.Any(c => char.IsWhiteSpace(c) || char.IsControl(c));
        return isGood ? null : RequestError.WrongType("email", "not such an address", EmailRule);
    }

    /// <summary>What is wrong with a password; null if nothing is.</summary>
    /// <param name="password">As it was sent; null if it was left out.</param>
    /// <param name="isNew">Whether it is about to be an account's: one that is presented may be any that once could be.</param>
    public static RequestError? ErrorInPassword(string? password, bool isNew)
    {
        var least = isNew ? Passwords.MinLength : 1;
        var rule = string.Create(CultureInfo.InvariantCulture, $"{least} to {Passwords.MaxLength} characters");
        if (password is null)
            return Missing("password", rule);
        return password.Length < least || password.Length > Passwords.MaxLength
            ? RequestError.WrongType("password", string.Create(CultureInfo.InvariantCulture, $"{password.Length} characters long"), rule)
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

    private static RequestError Missing(string field, string rule) => RequestError.WrongType(field, "missing", rule);
}
