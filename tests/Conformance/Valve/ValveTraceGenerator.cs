using OrleansLimiter.Core.Limits;
using OrleansLimiter.TestKit;
using OrleansLimiter.Valve;

namespace OrleansLimiter.Conformance.Valve;

/// <summary>Draws a trace of a sale from a seed: the same seed, the same trace.</summary>
internal sealed class ValveTraceGenerator
{
    private const long AroundToday = 1_795_308_217_000_000;
    private const long Second = 1_000_000;
    private const int FewSpots = 6;

    private readonly Dice _dice;
    private readonly ValveFeatures _features;
    private readonly List<ValveStep> _steps = [];
    private readonly Instant _start;
    private readonly ValveSpec _timing;
    private readonly int _users;
    private long _at;

    private ValveTraceGenerator(long seed, ValveFeatures features)
    {
        _dice = new Dice(seed);
        _features = features;
        _start = new Instant(AroundToday + _dice.From(0, 100 * Second));
        _users = (int)_dice.OneOf(2, 5, 12);
        var preQueue = _start.Microseconds + _dice.OneOf(0, 0, _dice.From(0, 20 * Second));
        var opens = preQueue + _dice.OneOf(0, 0, _dice.From(0, 40 * Second), _dice.From(0, 200 * Second));
        _timing = ValveSpec.Of(
            SaleId.Of("sale"),
            new Instant(preQueue),
            new Instant(opens),
            DrawRates(),
            TimeSpan.FromMilliseconds(_dice.OneOf(10_000, 10_000, _dice.From(10_000, 60_000), 120_000)),
            _dice.OnceIn(4) ? (int)_dice.From(1, FewSpots) : ValveSpec.DefaultMaxPlaces);
    }

    /// <summary>Draws a trace.</summary>
    /// <param name="seed">The seed.</param>
    /// <param name="length">How many steps.</param>
    /// <param name="features">What the engine can be made to do.</param>
    /// <returns>The trace.</returns>
    public static ValveTrace Draw(long seed, int length, ValveFeatures features)
    {
        var generator = new ValveTraceGenerator(seed, features);
        for (var number = 1; number <= length; number++)
        {
            generator.MoveClock();
            generator._steps.Add(generator.DrawStep(number));
        }

        return new ValveTrace(seed, generator._start, generator._timing, generator._steps);
    }

    private void MoveClock() => _at += _dice.From(0, 15) switch
    {
        < 4 => 0,
        4 => 1,
        < 8 => _dice.From(0, Second),
        < 10 => _dice.From(0, 4 * Second),
        10 => Second,
        11 => Math.Max(0, _timing.OpensAt.Microseconds - _start.Microseconds - _at - _dice.OneOf(0, 0, 1)),
        12 => _dice.OneOf(30 * Second, (30 * Second) - 1),
        13 => _timing.AcceptWithin.Ticks / TimeSpan.TicksPerMicrosecond - _dice.OneOf(0, 0, 1),
        14 => _dice.From(0, 40 * Second),
        _ => _dice.From(0, 10 * Second),
    };

    private ValveStep DrawStep(int number)
    {
        var user = (int)_dice.From(0, _users - 1);
        var kind = _dice.From(0, 63) switch
        {
            < 20 => ValveStepKind.Join,
            < 36 => ValveStepKind.Poll,
            < 38 => ValveStepKind.Keep,
            < 42 => ValveStepKind.Leave,
            < 47 => ValveStepKind.Complete,
            < 49 => ValveStepKind.Abandon,
            < 51 => ValveStepKind.Pause,
            < 54 => ValveStepKind.Resume,
            < 56 => ValveStepKind.Rates,
            56 => ValveStepKind.SoldOut,
            57 => _dice.OnceIn(4) ? ValveStepKind.Close : ValveStepKind.SetUp,
            58 => ValveStepKind.Draw,
            59 => If(ValveFeatures.StandsStill, ValveStepKind.StandStill),
            60 => If(ValveFeatures.Restarts, ValveStepKind.Crash),
            _ => If(ValveFeatures.StoresWhenTold, ValveStepKind.Store),
        };
        if (_features.HasFlag(ValveFeatures.StoresWhenTold) && _dice.OnceIn(4))
            kind = ValveStepKind.Store;
        return new ValveStep(number, _at, kind, user, kind is ValveStepKind.Rates or ValveStepKind.SetUp ? DrawRates() : default);
    }

    private ValveStepKind If(ValveFeatures feature, ValveStepKind kind) => _features.HasFlag(feature) ? kind : ValveStepKind.Poll;

    private ValveRates DrawRates() => ValveRates.Of(
        _dice.OneOf(1, 1, _dice.From(1, 7), 1_000, ValveRates.Most),
        TimeSpan.FromMicroseconds(_dice.OneOf(Second, Second, _dice.From(Second, 10 * Second), 60 * Second)),
        _dice.OneOf(1, 2, _dice.From(1, 6), ValveRates.Most));
}
