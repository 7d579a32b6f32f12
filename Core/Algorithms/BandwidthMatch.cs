namespace OrleansLimiter.Core.Algorithms;

/// <summary>Which old bandwidth each new one carries on when a policy changes: by equal window first, then by position.</summary>
internal static class BandwidthMatch
{
    private const int None = -1;

    /// <summary>Fills <paramref name="partners"/> with the place of each new bandwidth's old one; -1 stays where there is none.</summary>
    public static void Find<TSpec>(ReadOnlySpan<TSpec> specs, ReadOnlySpan<TSpec> oldSpecs, Span<int> partners)
        where TSpec : struct, IBandwidthSpec
    {
        Span<bool> taken = stackalloc bool[oldSpecs.Length];
        for (var i = 0; i < specs.Length; i++)
        {
            for (var j = 0; j < oldSpecs.Length && partners[i] == None; j++)
            {
                if (!taken[j] && oldSpecs[j].WindowMicroseconds == specs[i].WindowMicroseconds)
                    Pair(partners, taken, i, j);
            }
        }

        for (var i = 0; i < Math.Min(specs.Length, oldSpecs.Length); i++)
        {
            if (partners[i] == None && !taken[i])
                Pair(partners, taken, i, i);
        }
    }

    private static void Pair(Span<int> partners, Span<bool> taken, int place, int oldPlace)
    {
        partners[place] = oldPlace;
        taken[oldPlace] = true;
    }
}
