using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.TestKit;

namespace OrleansLimiter.Conformance;

/// <summary>
/// Draws traces of keys that lend: leases are asked for, asked for twice, sent back in part, twice and too late, and end; meanwhile plain
/// requests, refunds, charges and resets come, and the policy changes. The same seed, the same trace.
/// </summary>
internal static class LeaseTraces
{
    private const long AroundToday = 1_795_308_217_000_000;
    private const int NewestLeases = 40;

    /// <summary>Draws a trace.</summary>
    public static Trace Draw(long seed, int length, ConformanceFeatures features)
    {
        var dice = new Dice(seed);
        var flavour = dice.OneOf(Flavour.Small, Flavour.Usual, Flavour.Usual, Flavour.Coarse, Flavour.Extreme);
        var specs = new List<LimitSpec> { RandomSpecs.Draw(dice, dice.OneOf(Algorithm.TokenBucket, Algorithm.Gcra), flavour) };
        for (var changes = dice.From(0, 3) - 1; changes > 0; changes--)
        {
            // Places do not turn into permits, and have no part in this.
            var algorithm = features.HasFlag(ConformanceFeatures.HandsOverToOtherAlgorithms) ? specs[0].Algorithm
                : dice.OnceIn(3) ? dice.OneOf(Algorithm.FixedWindow, Algorithm.LeakyBucket, Algorithm.SlidingWindowLog)
                : dice.OneOf(Algorithm.TokenBucket, Algorithm.Gcra);
            specs.Add(RandomSpecs.Draw(dice, algorithm, flavour, specs[^1].Version.Revision + dice.From(0, 1)));
        }

        var stepsBack = features.HasFlag(ConformanceFeatures.StepsBack) && dice.OnceIn(4);
        var steps = new List<TraceStep>();
        var at = 0L;
        for (var number = 1; number <= length; number++)
        {
            var spec = number > length / 2 && dice.OnceIn(2) ? (int)dice.From(0, specs.Count - 1) : 0;
            at = Math.Max(0, at + DrawPause(dice, specs[0].Bandwidths[0], stepsBack));
            var operation = DrawOperation(dice);
            if (!specs[spec].Supports(operation))
                operation = Operation.Acquire;
            var isNamed = operation is Operation.Lease or Operation.Return;
            var leaseOf = isNamed ? (int)dice.From(Math.Max(1, number - dice.OneOf(3, NewestLeases)), number) : 0;
            if (operation == Operation.Lease && !dice.OnceIn(8))
                leaseOf = number;
            var id = !isNamed && dice.OnceIn(12) ? $"id-{dice.From(1, 5)}" : null;
            steps.Add(new TraceStep(number, at, (int)dice.OneOf(0, 0, 0, 1), spec, operation, DrawPermits(dice, specs[spec]), id, leaseOf));
        }

        return new Trace(seed, new Instant(AroundToday + dice.From(0, 100_000_000)), specs, steps);
    }

    private static Operation DrawOperation(Dice dice) => dice.From(0, 29) switch
    {
        < 8 => Operation.Lease,
        < 14 => Operation.Return,
        < 20 => Operation.Acquire,
        < 22 => Operation.AcquireUpTo,
        < 25 => Operation.Peek,
        < 27 => Operation.Refund,
        < 29 => Operation.Charge,
        _ => Operation.Reset,
    };

    private static long DrawPause(Dice dice, Bandwidth bandwidth, bool stepsBack)
    {
        var permit = Math.Max(1, bandwidth.WindowMicroseconds / bandwidth.Limit);
        return dice.From(0, 15) switch
        {
            < 5 => 0,
            5 => 1,
            6 => permit,
            7 or 8 => dice.From(0, 3 * permit),
            9 or 10 => dice.From(0, 400_000),
            11 => 999_999,
            12 => 1_000_000,
            13 => dice.From(0, 2_500_000),
            14 => dice.From(0, bandwidth.WindowMicroseconds),
            _ => stepsBack ? -dice.From(0, 2_000_000) : 0,
        };
    }

    private static long DrawPermits(Dice dice, LimitSpec spec) => dice.From(0, 9) switch
    {
        0 => 0,
        < 4 => 1,
        < 7 => dice.From(1, Math.Max(1, spec.Capacity / 8)),
        < 9 => dice.From(1, spec.Capacity),
        _ => dice.OneOf(spec.Capacity + 1, 1_000_000),
    };
}
