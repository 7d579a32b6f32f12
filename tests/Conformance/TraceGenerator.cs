using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.TestKit;

namespace OrleansLimiter.Conformance;

/// <summary>Draws a trace from a seed: the same seed, the same trace.</summary>
internal sealed class TraceGenerator
{
    private const long AroundToday = 1_795_308_217_000_000;
    private const long LongerThanIdsAreKept = 70_000_000;
    private const int MostSpecs = 4;

    private readonly Dice _dice;
    private readonly bool _stepsBack;
    private readonly List<LimitSpec> _specs = [];
    private readonly List<TraceStep> _steps = [];
    private long _at;

    private TraceGenerator(long seed, bool mayStepBack)
    {
        _dice = new Dice(seed);
        _stepsBack = mayStepBack && _dice.OnceIn(2);
        DrawSpecs();
    }

    /// <summary>Draws a trace.</summary>
    public static Trace Draw(long seed, int length, ConformanceFeatures features)
    {
        var generator = new TraceGenerator(seed, features.HasFlag(ConformanceFeatures.StepsBack));
        var start = new Instant(AroundToday + generator._dice.From(0, 100_000_000));
        for (var number = 1; number <= length; number++)
        {
            generator.MoveClock(start);
            generator._steps.Add(generator.DrawStep(number, length));
        }

        return new Trace(seed, start, generator._specs, generator._steps);
    }

    private void DrawSpecs()
    {
        var algorithm = _dice.OneOf<Algorithm>([.. RandomSpecs.All]);
        var flavour = _dice.OneOf(Flavour.Small, Flavour.Small, Flavour.Usual, Flavour.Usual, Flavour.Coarse, Flavour.Extreme);
        var count = _dice.OnceIn(2) ? 1 : _dice.From(2, MostSpecs);
        for (var (number, revision) = (0, 0); number < count; number++)
        {
            if (number > 0 && _dice.OnceIn(4))
                algorithm = _dice.OneOf<Algorithm>([.. RandomSpecs.All]);

            // As often another content of the same revision: a changed configuration, and front ends that are restarted one by one.
            revision += number == 0 ? 0 : (int)_dice.From(0, 1);
            _specs.Add(RandomSpecs.Draw(_dice, algorithm, flavour, revision));
        }
    }

    private void MoveClock(Instant start)
    {
        var bandwidth = _specs[0].Bandwidths[(int)_dice.From(0, _specs[0].Bandwidths.Length - 1)];
        var window = bandwidth.WindowMicroseconds;
        var permit = Math.Max(1, window / bandwidth.Limit);
        var now = start.Microseconds + _at;
        _at += _dice.From(0, 15) switch
        {
            0 or 1 or 2 => 0,
            3 => 1,
            4 or 5 => permit,
            6 or 7 => _dice.From(0, 2 * permit),
            8 or 9 => _dice.From(0, window),
            10 => window - now % window,
            11 => window - 1 - now % window,
            12 => _dice.From(0, 3 * window),
            13 => _dice.From(0, LongerThanIdsAreKept),
            _ => _stepsBack ? -_dice.OneOf(1, permit, _dice.From(0, window), _dice.From(0, LongerThanIdsAreKept)) : 1,
        };

        // Within the time that there is, and that a DateTimeOffset can say.
        _at = new Instant(start.Microseconds + _at).Microseconds - start.Microseconds;
    }

    private TraceStep DrawStep(int number, int length)
    {
        // Later specs come into use as the trace goes on; older ones are still named now and then.
        var newest = Math.Min(_specs.Count - 1, number * (_specs.Count + 1) / (length + 1));
        var spec = _dice.OnceIn(4) ? (int)_dice.From(0, newest) : newest;
        var operation = _dice.From(0, 39) switch
        {
            < 18 => Operation.Acquire,
            < 22 => Operation.AcquireUpTo,
            < 26 => Operation.Peek,
            < 30 => Operation.Refund,
            < 34 => Operation.Charge,
            < 37 => Operation.Release,
            < 39 => Operation.Renew,
            _ => Operation.Reset,
        };
        if (!_specs[spec].Supports(operation))
            operation = operation == Operation.Refund && _specs[spec].Supports(Operation.Release) ? Operation.Release : Operation.Acquire;
        var id = _dice.OnceIn(4) ? $"id-{_dice.From(1, _dice.OneOf(3, 40))}" : null;
        var leaseOf = operation is Operation.Release or Operation.Renew ? (int)_dice.From(Math.Max(0, number - 8), number - 1) : 0;
        return new TraceStep(number, _at, (int)_dice.OneOf(0, 0, 0, 1, 2), spec, operation, DrawPermits(_specs[spec]), id, leaseOf);
    }

    private long DrawPermits(LimitSpec spec) => _dice.From(0, 15) switch
    {
        0 => 0,
        < 7 => 1,
        < 10 => _dice.From(1, Math.Max(1, spec.Capacity / 3)),
        < 12 => _dice.From(1, spec.Capacity),
        12 => spec.Capacity,
        13 => spec.Capacity + 1,
        14 => _dice.From(1, 3),
        _ => _dice.OneOf(1_000_000, Math.Max(1, spec.Capacity - 1)),
    };
}
