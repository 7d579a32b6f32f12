using System.Globalization;
using System.Text;

namespace OrleansLimiter.Conformance;

/// <summary>
/// The one suite that every engine passes: seeded random traces of all operations, algorithms and policy changes, with
/// the Core as oracle. Every field of every answer is compared.
/// </summary>
public static class ConformanceSuite
{
    /// <summary>Plays traces, one after the other, until one fails; shrinks that one.</summary>
    /// <param name="target">The engine.</param>
    /// <param name="firstSeed">The first trace's seed; the next traces' follow.</param>
    /// <param name="traces">How many traces.</param>
    /// <param name="length">How many requests each.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>A task that ends when all are played.</returns>
    /// <exception cref="ConformanceException">An answer differs; the message holds the shortest failing trace.</exception>
    public static Task RunAsync(IConformanceTarget target, long firstSeed, int traces, int length, CancellationToken cancellationToken) =>
        RunAsync(target, TraceGenerator.Draw, firstSeed, traces, length, cancellationToken);

    /// <summary>As above, of one leaky bucket whose callers come, wait for their turns and go away.</summary>
    /// <param name="target">The engine.</param>
    /// <param name="firstSeed">The first trace's seed; the next traces' follow.</param>
    /// <param name="traces">How many traces.</param>
    /// <param name="length">How many requests each.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>A task that ends when all are played.</returns>
    /// <exception cref="ConformanceException">An answer differs; the message holds the shortest failing trace.</exception>
    public static Task RunLinesAsync(
        IConformanceTarget target, long firstSeed, int traces, int length, CancellationToken cancellationToken) =>
        RunAsync(target, LineTraces.Draw, firstSeed, traces, length, cancellationToken);

    /// <summary>As above, of keys that lend.</summary>
    /// <param name="target">The engine.</param>
    /// <param name="firstSeed">The first trace's seed; the next traces' follow.</param>
    /// <param name="traces">How many traces.</param>
    /// <param name="length">How many requests each.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>A task that ends when all are played.</returns>
    /// <exception cref="ConformanceException">An answer differs; the message holds the shortest failing trace.</exception>
    public static Task RunLeasesAsync(
        IConformanceTarget target, long firstSeed, int traces, int length, CancellationToken cancellationToken) =>
        RunAsync(target, LeaseTraces.Draw, firstSeed, traces, length, cancellationToken);

    private static async Task RunAsync(
        IConformanceTarget target,
        Func<long, int, ConformanceFeatures, Trace> draw,
        long firstSeed,
        int traces,
        int length,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(target);
        var player = new Player(target);
        for (var seed = firstSeed; seed < firstSeed + traces; seed++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var trace = draw(seed, length, target.Features);
            if (await player.PlayAsync(trace, cancellationToken) is not { } difference)
                continue;
            var shortest = await ShrinkerFor(player).ShrinkAsync(difference, cancellationToken);
            throw new ConformanceException(Report(shortest, length), shortest.Trace);
        }
    }

    private static Shrinker<TraceStep, Difference> ShrinkerFor(Player player) => new(
        difference => difference.Trace.Steps,
        (difference, steps, cancellationToken) => player.PlayAsync(difference.Trace with { Steps = steps }, cancellationToken),
        [
            (steps, place) => steps[place] with { Id = null },
            (steps, place) => steps[place] with { Key = 0 },
            (steps, place) => steps[place] with { Permits = 1 },
            (steps, place) => steps[place] with { Spec = 0 },
            (steps, place) => steps[place] with { At = place == 0 ? 0 : steps[place - 1].At },
        ],
        plays: 3_000);

    private static string Report(Difference difference, int length)
    {
        var (trace, answers, expected) = difference;
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture,
            $"The engine differs from the Core. Seed {trace.Seed}, {length} steps, shrunk to {trace.Steps.Count}. Times are us after "
            + $"{trace.Start.Microseconds}.\n");
        foreach (var spec in trace.Steps.Select(step => step.Spec).Distinct().Order())
            text.Append(CultureInfo.InvariantCulture, $"  spec {spec}: {trace.Specs[spec]}\n");
        for (var i = 0; i < trace.Steps.Count; i++)
            text.Append(CultureInfo.InvariantCulture, $"  {trace.Steps[i].Number,3}. {Line(trace.Steps[i])} -> {answers[i]}\n");
        text.Append(CultureInfo.InvariantCulture, $"  expected: {expected}\n");
        return text.ToString();
    }

    private static string Line(TraceStep step)
    {
        var text = string.Create(CultureInfo.InvariantCulture,
            $"at {step.At,11}: key {step.Key} {step.Operation} {step.Permits} under {step.Spec}");
        if (step.Id is not null)
            text += $" id {step.Id}";
        return step.LeaseOf == 0 ? text : string.Create(CultureInfo.InvariantCulture, $"{text} of step {step.LeaseOf}");
    }
}

/// <summary>An engine's answer differs from the Core's.</summary>
public sealed class ConformanceException : Exception
{
    internal ConformanceException(string message, Trace trace)
        : base(message) => Trace = trace;

    /// <summary>The shortest trace that shows it.</summary>
    public Trace Trace { get; }
}
