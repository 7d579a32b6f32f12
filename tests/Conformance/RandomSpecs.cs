using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.TestKit;

namespace OrleansLimiter.Conformance;

/// <summary>Which numbers a random spec draws from.</summary>
public enum Flavour
{
    /// <summary>Few permits in few milliseconds: every corner is met often.</summary>
    Small,

    /// <summary>Numbers that people set.</summary>
    Usual,

    /// <summary>Numbers for which a microsecond is too fine a tick.</summary>
    Coarse,

    /// <summary>The largest and smallest numbers that are allowed.</summary>
    Extreme,
}

/// <summary>Random specs.</summary>
public static class RandomSpecs
{
    private const long Millisecond = 1_000;
    private const long Second = 1_000_000;
    private const long Day = 86_400 * Second;

    /// <summary>Every algorithm.</summary>
    public static IReadOnlyList<Algorithm> All { get; } = Enum.GetValues<Algorithm>();

    /// <summary>Draws a spec.</summary>
    /// <param name="dice">The dice.</param>
    /// <param name="algorithm">How it counts.</param>
    /// <param name="flavour">Which numbers it draws from.</param>
    /// <param name="revision">Its revision.</param>
    /// <returns>A spec of one to eight bandwidths.</returns>
    public static LimitSpec Draw(Dice dice, Algorithm algorithm, Flavour flavour, long revision = 0)
    {
        ArgumentNullException.ThrowIfNull(dice);
        var most = algorithm is Algorithm.LeakyBucket or Algorithm.Concurrency || dice.OnceIn(2) ? 1 : flavour == Flavour.Small
            && dice.OnceIn(8) ? LimitSpec.MaxBandwidths : 3;
        while (true)
        {
            var bandwidths = new Bandwidth[dice.From(1, most)];
            for (var i = 0; i < bandwidths.Length; i++)
                bandwidths[i] = DrawBandwidth(dice, algorithm, flavour);

            // Extreme numbers may have no tick; that they are refused by name has its own test.
            if (LimitSpec.TryCreate(algorithm, bandwidths, revision, out var spec, out _))
                return spec;
        }
    }

    private static Bandwidth DrawBandwidth(Dice dice, Algorithm algorithm, Flavour flavour)
    {
        var countsEach = algorithm is Algorithm.SlidingWindowLog or Algorithm.Concurrency;
        var (limit, window) = flavour switch
        {
            Flavour.Small =>
                (dice.OnceIn(3)
                ? dice.From(1, 40)
                : dice.From(1, 6), dice.OnceIn(3)
                ? dice.From(Millisecond, 5 * Millisecond)
                : dice.OneOf(Millisecond, 1_001, 1_500, 2 * Millisecond)),
            Flavour.Usual => (dice.OneOf(1, 3, 5, 7, 10, 60, 100, 250, 1_000), dice.OneOf(1, 2, 10, 60, 3_600, 86_400) * Second),
            Flavour.Coarse => DrawCoarse(dice),
            _ => (
                dice.OneOf(1, 2, 1_000_000_000 - dice.From(0, 40), 999_999_937, dice.From(1, 1_000_000_000)),
                dice.OneOf(Millisecond, 366 * Day, 366 * Day - dice.From(0, 1_000) * Second, dice.From(Millisecond, Second),
                    dice.From(1, 31_622_400) * Second)),
        };
        if (countsEach)
            limit = flavour == Flavour.Extreme ? dice.OneOf(1, 2, 500) : 1 + limit % 300;
        long? burst = algorithm is Algorithm.TokenBucket or Algorithm.Gcra or Algorithm.LeakyBucket && dice.OnceIn(2)
            ? flavour switch
            {
                Flavour.Small => dice.From(1, 2 * limit + 1),
                Flavour.Usual => 2 * limit,
                _ => Math.Min(Bandwidth.MaxLimit, limit + dice.From(0, 9)),
            }
            : null;
        return Bandwidth.Of(limit, TimeSpan.FromMicroseconds(window), burst);
    }

    /// <summary>A window of so many ticks that permits times ticks is just under 2^53, and a prime limit that nothing reduces.</summary>
    private static (long Limit, long Window) DrawCoarse(Dice dice)
    {
        var limit = dice.OneOf(999_999_937L, 100_000_007L, 31_622_777L, 10_000_019L);
        var tick = dice.OneOf(10L, 100, 1_000, 10_000, 100_000, Second);
        var mostTicks = ((1L << 53) - 1) / limit;
        var window = Math.Min(366 * Day, dice.From(mostTicks / 9, mostTicks - 20) * tick);
        return (limit, window / tick * tick);
    }
}
