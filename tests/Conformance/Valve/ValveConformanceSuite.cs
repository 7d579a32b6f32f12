using System.Globalization;
using System.Text;

namespace OrleansLimiter.Conformance.Valve;

/// <summary>
/// The one suite that every valve engine passes: seeded random traces of people who come, ask, leave, buy or do not turn up, and of
/// operators, with the Core's machine as oracle. Every field of every answer is compared, and how the valve stands at least once a second.
/// </summary>
internal static class ValveConformanceSuite
{
    /// <summary>Plays traces, one after the other, until one fails; shrinks that one.</summary>
    /// <param name="target">The engine.</param>
    /// <param name="firstSeed">The first trace's seed; the next traces' follow.</param>
    /// <param name="traces">How many traces.</param>
    /// <param name="length">How many steps each.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>A task that ends when all are played.</returns>
    /// <exception cref="ValveConformanceException">An answer differs; the message holds the shortest failing trace.</exception>
    public static async Task RunAsync(IValveTarget target, long firstSeed, int traces, int length, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(target);
        var player = new ValvePlayer(target);
        for (var seed = firstSeed; seed < firstSeed + traces; seed++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var trace = ValveTraceGenerator.Draw(seed, length, target.Features);
            if (await player.PlayAsync(trace, cancellationToken) is not { } difference)
                continue;
            var shortest = await ShrinkerFor(player).ShrinkAsync(difference, cancellationToken);
            throw new ValveConformanceException(Report(shortest, length), shortest.Trace);
        }
    }

    private static Shrinker<ValveStep, ValveDifference> ShrinkerFor(ValvePlayer player) => new(
        difference => difference.Trace.Steps,
        (difference, steps, cancellationToken) => player.PlayAsync(difference.Trace with { Steps = steps }, cancellationToken),
        [(steps, place) => steps[place] with { User = 0 }, (steps, place) =>
            steps[place] with { At = place == 0 ? 0 : steps[place - 1].At }],
        plays: 2_000);

    private static string Report(ValveDifference difference, int length)
    {
        var (trace, answers, expected) = difference;
        var (timing, start) = (trace.Timing, trace.Start.Microseconds);
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture,
            $"The engine differs from the Core. Seed {trace.Seed}, {length} steps, shrunk to {trace.Steps.Count}. Times are us after "
            + $"{start}.\n");
        text.Append(CultureInfo.InvariantCulture,
            $"  pre-queue {timing.PreQueueAt.Microseconds - start}, opens {timing.OpensAt.Microseconds - start}, {timing.Rates}, turns of "
            + $"{timing.AcceptWithin}, at most {timing.MaxPlaces} places\n");
        for (var i = 0; i < trace.Steps.Count; i++)
            text.Append(CultureInfo.InvariantCulture, $"  {trace.Steps[i].Number,3}. {Line(trace.Steps[i])} -> {answers[i]}\n");
        text.Append(CultureInfo.InvariantCulture, $"  expected: {expected}\n");
        return text.ToString();
    }

    private static string Line(ValveStep step)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"at {step.At,11}: {step.Kind}");
        if (step.Kind <= ValveStepKind.Abandon)
            text += string.Create(CultureInfo.InvariantCulture, $" user {step.User}");
        return step.Rates == default ? text : $"{text} {step.Rates}";
    }
}

/// <summary>A valve engine's answer differs from the Core's.</summary>
internal sealed class ValveConformanceException : Exception
{
    internal ValveConformanceException(string message, ValveTrace trace)
        : base(message) => Trace = trace;

    /// <summary>The shortest trace that shows it.</summary>
    public ValveTrace Trace { get; }
}
