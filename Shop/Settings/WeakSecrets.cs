namespace OrleansLimiter.Shop.Settings;

/// <summary>
/// Tells secrets that somebody typed to have something there: one character again and again, a short text again and again, a run as in
/// <c>abcdef</c> or <c>012345</c>.
/// </summary>
internal static class WeakSecrets
{
    private const int FewestDifferent = 6;
    private const int LongestRepeated = 16; // 128 bits, and what is shorter is no secret however often it is said
    private const int RunsOfTen = 7;

    /// <summary>Whether the secret is such a one.</summary>
    public static bool Contains(ReadOnlySpan<byte> secret) => HasFewDifferent(secret) || IsRepeated(secret) || IsMostlyRuns(secret);

    private static bool HasFewDifferent(ReadOnlySpan<byte> secret)
    {
        var different = new HashSet<byte>();
        foreach (var octet in secret)
            different.Add(octet);
        return different.Count < FewestDifferent;
    }

    private static bool IsRepeated(ReadOnlySpan<byte> secret)
    {
        for (var period = 1; period <= Math.Min(LongestRepeated, secret.Length / 2); period++)
        {
            if (secret[period..].SequenceEqual(secret[..^period]))
                return true;
        }

        return false;
    }

    /// <summary>Whether most characters follow the one before by the same step, up, down or none.</summary>
    private static bool IsMostlyRuns(ReadOnlySpan<byte> secret)
    {
        var following = 0;
        for (var i = 2; i < secret.Length; i++)
        {
            var step = secret[i] - secret[i - 1];
            following += step == secret[i - 1] - secret[i - 2] && Math.Abs(step) <= 1 ? 1 : 0;
        }

        return 10 * following >= RunsOfTen * (secret.Length - 2);
    }
}
