using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.TestKit;
using Xunit;

namespace OrleansLimiter.Core.Tests;

/// <summary>
/// What each algorithm admits at most in any half-open window W, over 100,000 random schedules each. The schedules are
/// greedy often enough that many of them reach the bound, which is checked too: a bound that is never met proves little.
/// </summary>
public sealed class BoundTests
{
    private const int Schedules = 100_000;
    private const int Steps = 80;
    private const long AroundToday = 1_795_308_217_000_000;

    [Theory]
    [InlineData(Algorithm.TokenBucket)]
    [InlineData(Algorithm.Gcra)]
    [InlineData(Algorithm.FixedWindow)]
    [InlineData(Algorithm.SlidingWindowCounter)]
    [InlineData(Algorithm.SlidingWindowLog)]
    public void No_schedule_admits_more_in_any_window_than_the_bound(Algorithm algorithm) =>
        ForSeeds(seed => MostAdmitted(algorithm, seed));

    [Fact]
    public void No_schedule_proceeds_faster_through_a_leaky_bucket_than_the_bound() => ForSeeds(MostProceeding);

    [Fact]
    public void No_schedule_holds_more_places_at_once_than_there_are() => ForSeeds(MostHeld);

    private static void ForSeeds(Func<long, (long Most, long Bound)> schedule)
    {
        var attained = 0;
        var exceeded = -1L;
        Parallel.For(1, Schedules + 1L, seed =>
        {
            var (most, bound) = schedule(seed);
            if (most > bound)
                Interlocked.Exchange(ref exceeded, seed);
            if (most == bound)
                Interlocked.Increment(ref attained);
        });
        Assert.True(exceeded < 0, $"The schedule of seed {exceeded} exceeds the bound.");
        Assert.True(attained > Schedules / 1_000, $"Only {attained} schedules attain the bound.");
    }

    private static (long Most, long Bound) MostAdmitted(Algorithm algorithm, long seed)
    {
        var dice = new Dice(seed);
        var spec = DrawSpec(dice, algorithm);
        var schedule = new GreedySchedule(dice, spec);
        var log = new AdmittedLog(Steps);
        for (var i = 0; i < Steps; i++)
        {
            schedule.MoveClock();
            var operation = schedule.Draw();
            var before = operation == Operation.Refund ? schedule.Used : 0;
            var decision = schedule.Do(operation);

            // Given back is what the key counts as used less, not what the caller named.
            log.Add(schedule.Now, operation == Operation.Refund ? schedule.Used - before : decision.Charged);
        }

        return (log.MostInAny(spec.Bandwidths[0].WindowMicroseconds), AccuracyTable.RowOf(spec));
    }

    private static (long Most, long Bound) MostProceeding(long seed)
    {
        var dice = new Dice(seed);
        var spec = DrawSpec(dice, Algorithm.LeakyBucket);
        var schedule = new GreedySchedule(dice, spec);
        var log = new AdmittedLog(Steps);
        var largest = 0L;
        for (var i = 0; i < Steps; i++)
        {
            schedule.MoveClock();
            var decision = schedule.Do(schedule.Draw());
            largest = Math.Max(largest, decision.Charged);
            log.Add(schedule.Now + decision.Delay.Microseconds, decision.Charged);
        }

        return (log.MostInAny(spec.Bandwidths[0].WindowMicroseconds), spec.Bandwidths[0].Limit + largest - 1);
    }

    private static (long Most, long Bound) MostHeld(long seed)
    {
        var dice = new Dice(seed);
        var spec = DrawSpec(dice, Algorithm.Concurrency);
        var schedule = new GreedySchedule(dice, spec);
        var held = new List<(LeaseId Id, long Permits, long Until)>();
        var most = 0L;
        for (var i = 0; i < Steps; i++)
        {
            schedule.MoveClock();
            held.RemoveAll(place => place.Until <= schedule.Now);
            if (held.Count > 0 && dice.OnceIn(4))
            {
                var place = (int)dice.From(0, held.Count - 1);
                Assert.Equal(Outcome.Admitted, schedule.Do(Operation.Release, 0, held[place].Id).Outcome);
                held.RemoveAt(place);
            }

            var decision = schedule.Do(schedule.Draw());
            if (decision.Charged > 0)
                held.Add((decision.Lease, decision.Charged, schedule.Now + spec.Bandwidths[0].WindowMicroseconds));
            most = Math.Max(most, held.Sum(place => place.Permits));
        }

        return (most, spec.Capacity);
    }

    private static LimitSpec DrawSpec(Dice dice, Algorithm algorithm)
    {
        var limit = dice.From(0, 9) switch
        {
            0 => dice.From(1, 40),
            1 => dice.From(900, 4_100),
            _ => dice.From(1, 7),
        };
        var window = dice.OnceIn(3) ? dice.From(1_000, 4_000) : dice.OneOf(1_000, 1_001, 1_500, 2_000);
        long? burst = algorithm is Algorithm.TokenBucket or Algorithm.Gcra or Algorithm.LeakyBucket && dice.OnceIn(2)
            ? dice.From(1, 2 * limit)
            : null;
        return LimitSpec.Of(algorithm, Bandwidth.Of(limit, TimeSpan.FromMicroseconds(window), burst));
    }

    /// <summary>A caller who often asks for all there is, and often comes the very moment that more is there.</summary>
    private sealed class GreedySchedule
    {
        private readonly Dice _dice;
        private readonly LimitSpec _spec;
        private readonly long _window;
        private readonly bool _takesBack;
        private LimitSpec _keySpec;
        private KeyState _state;
        private Decision _last;

        public GreedySchedule(Dice dice, LimitSpec spec)
        {
            _dice = dice;
            _spec = _keySpec = spec;
            _window = spec.Bandwidths[0].WindowMicroseconds;
            _takesBack = dice.OnceIn(3);
            Now = AroundToday + dice.From(0, 10_000);
            _state = LimitKey.Fresh(spec, new Instant(Now));
            _last = Do(Operation.Peek, 1);
        }

        public long Now { get; private set; }

        public long Used => _spec.Rules.LargestUsed(_state, new Instant(Now));

        public void MoveClock() => Now += _dice.From(0, 11) switch
        {
            0 or 1 => 0,
            2 => 1,
            3 or 4 or 5 => Math.Max(0, _last.NextAfter.Microseconds),
            6 => Math.Max(0, _last.NextAfter.Microseconds - 1),
            7 => _window - Now % _window,
            8 => _window - 1 - Now % _window,
            9 => _dice.From(0, _window / 2),
            10 => Math.Max(0, _last.RetryAfter.Microseconds),
            _ => _dice.From(0, 2 * _window),
        };

        public Operation Draw() => _dice.From(0, 15) switch
        {
            0 when _takesBack && _spec.Supports(Operation.Refund) => Operation.Refund,
            1 when _takesBack && _spec.Supports(Operation.Charge) => Operation.Charge,
            < 10 => Operation.AcquireUpTo,
            _ => Operation.Acquire,
        };

        public Decision Do(Operation operation) => Do(operation, _dice.From(0, 3) switch
        {
            0 => 1,
            1 => _dice.From(1, _spec.Capacity),
            _ => _spec.Capacity,
        });

        public Decision Do(Operation operation, long permits, LeaseId lease = default)
        {
            var request = new LimitRequest(LiveKey.Name, _spec, operation, Permits.Of(permits), default, lease);
            return _last = LimitKey.Execute(ref _keySpec, ref _state, request, new LeaseId(_dice.Bits()), new Instant(Now)).Decision;
        }
    }
}
