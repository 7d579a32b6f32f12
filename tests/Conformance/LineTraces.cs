using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.TestKit;

namespace OrleansLimiter.Conformance;

/// <summary>
/// Draws traces of callers who wait in the line of one leaky bucket, come faster than it flows, and go away again in any order: free parts
/// of every kind come of it. The same seed, the same trace.
/// </summary>
internal static class LineTraces
{
    private const long AroundToday = 1_795_308_217_000_000;
    private const int NewestTurns = 40;

    /// <summary>Draws a trace.</summary>
    public static Trace Draw(long seed, int length, ConformanceFeatures features)
    {
        var dice = new Dice(seed);
        var specs = new List<LimitSpec> { RandomSpecs.Draw(dice, Algorithm.LeakyBucket, DrawFlavour(dice)) };
        if (dice.OnceIn(4))
            specs.Add(RandomSpecs.Draw(dice, Algorithm.LeakyBucket, DrawFlavour(dice), (int)dice.From(0, 1)));
        var stepsBack = features.HasFlag(ConformanceFeatures.StepsBack) && dice.OnceIn(4);
        var steps = new List<TraceStep>();
        var at = 0L;
        for (var number = 1; number <= length; number++)
        {
            var spec = specs.Count > 1 && dice.OnceIn(8) ? 1 : 0;
            at = Math.Max(0, at + DrawPause(dice, specs[0].Bandwidths[0], stepsBack));
            var operation = dice.From(0, 19) switch
            {
                < 10 => Operation.Acquire,
                10 => Operation.AcquireUpTo,
                11 => Operation.Peek,
                12 => dice.OnceIn(3) ? Operation.Charge : Operation.Acquire,
                _ => Operation.Release,
            };
            var leaseOf = operation == Operation.Release ? (int)dice.From(Math.Max(0, number - NewestTurns), number - 1) : 0;
            steps.Add(new TraceStep(number, at, 0, spec, operation, DrawPermits(dice, specs[spec]), null, leaseOf));
        }

        return new Trace(seed, new Instant(AroundToday + dice.From(0, 100_000_000)), specs, steps);
    }

    private static Flavour DrawFlavour(Dice dice) =>
        dice.OneOf(Flavour.Small, Flavour.Usual, Flavour.Usual, Flavour.Coarse, Flavour.Extreme);

    private static long DrawPause(Dice dice, Bandwidth bandwidth, bool stepsBack)
    {
        var permit = Math.Max(1, bandwidth.WindowMicroseconds / bandwidth.Limit);
        return dice.From(0, 15) switch
        {
            < 9 => 0,
            9 => 1,
            10 => permit,
            11 or 12 => dice.From(0, 3 * permit),
            13 => dice.From(0, bandwidth.WindowMicroseconds / 4),
            _ => stepsBack ? -dice.From(0, 2 * permit) : 0,
        };
    }

    private static long DrawPermits(Dice dice, LimitSpec spec) => dice.From(0, 9) switch
    {
        < 6 => dice.From(1, Math.Max(1, spec.Capacity / 40)),
        < 9 => dice.From(1, Math.Max(1, spec.Capacity / 8)),
        _ => dice.From(1, spec.Capacity),
    };
}
