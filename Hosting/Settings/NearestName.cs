namespace OrleansLimiter.Hosting.Settings;

/// <summary>Finds the name that somebody meant who mistyped one.</summary>
internal static class NearestName
{
    private const int FewLetters = 5;
    private const int ManyLetters = 8;

    /// <summary>
    /// The nearest of some names, in any case of letters: one slip away (a letter too many, too few, another, two swapped), in names of 8 letters or more two.
    /// </summary>
    /// <returns>The name; null where the word is none of that kind, or is one of the names.</returns>
    public static string? Of(string word, IReadOnlyCollection<string> names)
    {
        if (names.Contains(word, StringComparer.OrdinalIgnoreCase))
            return null;
        var (nearest, slips) = names.Select(name => (Name: name, Slips: Slips(word, name))).DefaultIfEmpty((string.Empty, int.MaxValue)).MinBy(pair => pair.Item2);
        return slips <= Allowed(nearest) ? nearest : null;
    }

    private static int Allowed(string name) => name.Length switch
    {
        < FewLetters => 0,
        < ManyLetters => 1,
        _ => 2,
    };

    /// <summary>The optimal string alignment distance of two words, upper and lower case taken for the same.</summary>
    private static int Slips(string one, string other)
    {
        var table = new int[one.Length + 1, other.Length + 1];
        for (var i = 0; i <= one.Length; i++)
            table[i, 0] = i;
        for (var j = 0; j <= other.Length; j++)
            table[0, j] = j;
        for (var i = 1; i <= one.Length; i++)
        {
            for (var j = 1; j <= other.Length; j++)
            {
                var replaced = table[i - 1, j - 1] + (IsSame(one[i - 1], other[j - 1]) ? 0 : 1);
                table[i, j] = Math.Min(replaced, 1 + Math.Min(table[i - 1, j], table[i, j - 1]));
                if (i > 1 && j > 1 && IsSame(one[i - 1], other[j - 2]) && IsSame(one[i - 2], other[j - 1]))
                    table[i, j] = Math.Min(table[i, j], table[i - 2, j - 2] + 1);
            }
        }

        return table[one.Length, other.Length];
    }

    private static bool IsSame(char a, char b) => char.ToUpperInvariant(a) == char.ToUpperInvariant(b);
}
