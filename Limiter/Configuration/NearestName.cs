namespace OrleansLimiter.Configuration;

/// <summary>Finds the name that somebody meant who mistyped one.</summary>
internal static class NearestName
{
    private const int FewLetters = 5;
    private const int ManyLetters = 8;

    /// <summary>
    /// The nearest of some names, in any case of letters: one slip away (a letter too many, too few, another, two swapped), in names of 8
    /// letters or more two.
    /// </summary>
    /// <param name="word">The word.</param>
    /// <param name="names">The names.</param>
    /// <param name="slipsInShortNames">How many slips away one of fewer than 5 letters may be: any short word is near one.</param>
    /// <returns>The name; null where the word is none of that kind, or is one of the names.</returns>
    public static string? Of(string word, IReadOnlyCollection<string> names, int slipsInShortNames = 0)
    {
        if (names.Contains(word, StringComparer.OrdinalIgnoreCase))
            return null;
        var (nearest, slips) = names.Select(name => (Name: name, Slips: Slips(word, name))).DefaultIfEmpty((string.Empty, int.MaxValue))
            .MinBy(pair => pair.Item2);
        var allowed = nearest.Length < FewLetters ? slipsInShortNames : nearest.Length < ManyLetters ? 1 : 2;
        return slips <= allowed ? nearest : null;
    }

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
