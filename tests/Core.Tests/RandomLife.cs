using OrleansLimiter.Conformance;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Core.Tests.Reference;
using OrleansLimiter.TestKit;
using Xunit;

namespace OrleansLimiter.Core.Tests;

/// <summary>Random specs, and keys that have lived a random life under them.</summary>
internal static class RandomLife
{
    public static TheoryData<Algorithm> Algorithms => [.. RandomSpecs.All];

    public static TheoryData<Algorithm> RateAlgorithms => [.. RandomSpecs.All.Where(algorithm => algorithm != Algorithm.Concurrency)];

    public static TheoryData<Algorithm> RefundableAlgorithms =>
        [.. RandomSpecs.All.Where(algorithm => algorithm is not (Algorithm.Concurrency or Algorithm.LeakyBucket))];

    /// <summary>Runs a property over seeds and flavours, in parallel, and names the seed that fails it.</summary>
    public static void ForSeeds(int count, Action<Dice, Flavour> property) => Parallel.For(1, count + 1, seed =>
    {
        foreach (var flavour in Enum.GetValues<Flavour>())
        {
            try
            {
                property(new Dice(seed * 10L + (int)flavour), flavour);
            }
            catch (Exception failure) when (failure is not OperationCanceledException)
            {
                throw new InvalidOperationException($"Seed {seed}, {flavour}: {failure.Message}", failure);
            }
        }
    });

    /// <summary>A key that was asked so many times, by a clock that steps back if told so. It stands where the life ended.</summary>
    public static LiveKey Of(Dice dice, Algorithm algorithm, Flavour flavour, int steps = 30, bool stepsBack = false)
    {
        var spec = RandomSpecs.Draw(dice, algorithm, flavour);
        var walk = new RandomSteps(dice, flavour, stepsBack);
        var key = new LiveKey(spec, walk.Now);
        for (var i = 0; i < steps; i++)
        {
            walk.MoveClock(spec);
            key.Now = walk.Now;
            var request = walk.Draw(spec, spec);
            walk.Learn(key.Execute(request.Operation, request.Permits.Count, request.Id.Value, request.Lease));
        }

        return key;
    }

    /// <summary>Whether waits from where the key stands stay within the time that there is.</summary>
    public static bool HasTimeFor(this LiveKey key, Wait wait) =>
        !wait.IsNever && key.Now + wait.Microseconds < Instant.MaxMicroseconds;

    /// <summary>What a key answers at another time; it stands where it stood.</summary>
    public static Decision PeekAt(this LiveKey key, long time, long permits)
    {
        var now = key.Now;
        key.Now = time;
        var decision = key.Peek(permits);
        key.Now = now;
        return decision;
    }
}
