namespace OrleansLimiter.Shop.Accounts;

/// <summary>
/// Passwords that are tried first: the account's own address, the commonest (<see cref="CommonPasswords"/>), a few characters again and
/// again, a run as in <c>abcdefghijkl</c>.
/// </summary>
internal static class GuessablePasswords
{
    private const int LongestUnit = 4;

    /// <summary>Whether a password is such a one.</summary>
    /// <param name="password">At least <see cref="Passwords.MinLength"/> characters.</param>
    /// <param name="email">The account's address; null: not known.</param>
    public static bool Contains(string password, string? email)
    {
        if (email is not null && (Is(AccountRules.Normalized(email)) || Is(AccountRules.Normalized(email).Split('@')[0])))
            return true;
        return CommonPasswords.Contains(password) || Enumerable.Range(1, LongestUnit).Any(unit => Repeats(password, unit))
            || IsRun(password, 1) || IsRun(password, -1);

        bool Is(string text) => text.Length > 0 && string.Equals(password.Trim(), text, StringComparison.OrdinalIgnoreCase);
    }

    private static bool Repeats(ReadOnlySpan<char> text, int unit) => text[unit..].SequenceEqual(text[..^unit]);

    /// <summary>Whether each character follows the one before, 0 after 9 and a after z.</summary>
    private static bool IsRun(string text, int step)
    {
        for (var i = 1; i < text.Length; i++)
        {
            var (before, here) = (char.ToLowerInvariant(text[i - 1]), char.ToLowerInvariant(text[i]));
            var wraps = step > 0 ? (before, here) is ('9', '0') or ('z', 'a') : (before, here) is ('0', '9') or ('a', 'z');
            if (here - before != step && !wraps)
                return false;
        }

        return true;
    }
}
