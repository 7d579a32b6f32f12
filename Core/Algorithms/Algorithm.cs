using System.Diagnostics.CodeAnalysis;

namespace OrleansLimiter.Core.Algorithms;

/// <summary>How a policy counts. What each admits at most in any window is in <c>docs/accuracy.md</c>.</summary>
public enum Algorithm
{
    /// <summary>A bucket that refills steadily: sustained rate with a burst.</summary>
    TokenBucket,

    /// <summary>The same decisions as <see cref="TokenBucket"/> from one number less.</summary>
    Gcra,

    /// <summary>A counter per aligned window: cheapest, up to twice the limit around a boundary.</summary>
    FixedWindow,

    /// <summary>Two counters, the older one weighed: close to sliding at the price of three numbers.</summary>
    SlidingWindowCounter,

    /// <summary>Every admission remembered: exact in every window, up to L entries a key.</summary>
    SlidingWindowLog,

    /// <summary>Admits now and says when to proceed: an even flow.</summary>
    LeakyBucket,

    /// <summary>So many at once, each until released or expired.</summary>
    Concurrency,
}

/// <summary>The names of the algorithms as they stand in settings and answers.</summary>
internal static class AlgorithmNames
{
    private static readonly Dictionary<string, Algorithm> ByName =
        Enum.GetValues<Algorithm>().ToDictionary(NameOf, StringComparer.OrdinalIgnoreCase);

    /// <summary>Every name, for messages.</summary>
    public static string All => string.Join(", ", Enum.GetValues<Algorithm>().Select(NameOf));

    /// <summary>An algorithm's name.</summary>
    /// <param name="algorithm">The algorithm.</param>
    /// <returns>Its name in camel case, as in <c>tokenBucket</c>.</returns>
    public static string NameOf(Algorithm algorithm)
    {
        var name = algorithm.ToString();
        return char.ToLowerInvariant(name[0]) + name[1..];
    }

    /// <summary>Reads a name.</summary>
    /// <param name="name">The name, in any case.</param>
    /// <param name="algorithm">The algorithm.</param>
    /// <returns>Whether there is one of that name.</returns>
    public static bool TryParse([NotNullWhen(true)] string? name, out Algorithm algorithm)
    {
        algorithm = default;
        return name is not null && ByName.TryGetValue(name, out algorithm);
    }
}
