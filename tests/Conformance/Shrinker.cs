namespace OrleansLimiter.Conformance;

/// <summary>Makes a failing trace as short and plain as it can be while it still fails.</summary>
internal sealed class Shrinker(Player player)
{
    // A trace that fails now and then only (a race) must not be shrunk for ever.
    private int _playsLeft = 3_000;

    /// <summary>Shrinks.</summary>
    public async ValueTask<Difference> ShrinkAsync(Difference difference, CancellationToken cancellationToken)
    {
        Difference shorter;
        do
        {
            shorter = difference;
            difference = await DropStepsAsync(difference, cancellationToken);
            difference = await SimplifyStepsAsync(difference, cancellationToken);
        }
        while (difference.Trace.Steps.Count < shorter.Trace.Steps.Count);
        return difference;
    }

    // ddmin: leaves out halves, then quarters, and so on down to single steps.
    private async ValueTask<Difference> DropStepsAsync(Difference difference, CancellationToken cancellationToken)
    {
        for (var size = Math.Max(1, difference.Trace.Steps.Count / 2); ; size = Math.Max(1, size / 2))
        {
            var dropped = false;
            for (var from = 0; from < difference.Trace.Steps.Count - 1; from += size)
            {
                var steps = difference.Trace.Steps;
                var fewer = steps.Where((_, place) => place < from || place >= from + size).ToList();
                if (await PlayAsync(difference.Trace with { Steps = fewer }, cancellationToken) is not { } smaller)
                    continue;
                difference = smaller;
                dropped = true;
                from -= size;
            }

            if (size == 1 && !dropped)
                return difference;
        }
    }

    private async ValueTask<Difference> SimplifyStepsAsync(Difference difference, CancellationToken cancellationToken)
    {
        for (var place = 0; place < difference.Trace.Steps.Count; place++)
        {
            foreach (var change in (Func<TraceStep, TraceStep>[])[
                step => step with { Id = null },
                step => step with { Key = 0 },
                step => step with { Permits = 1 },
                step => step with { Spec = 0 },
                step => step with { At = place == 0 ? 0 : difference.Trace.Steps[place - 1].At }])
            {
                var step = difference.Trace.Steps[place];
                var plainer = change(step);
                if (plainer == step)
                    continue;
                var steps = difference.Trace.Steps.ToList();
                steps[place] = plainer;
                if (await PlayAsync(difference.Trace with { Steps = steps }, cancellationToken) is { } simpler)
                    difference = simpler;
                if (place >= difference.Trace.Steps.Count)
                    return difference;
            }
        }

        return difference;
    }

    private async ValueTask<Difference?> PlayAsync(Trace trace, CancellationToken cancellationToken) =>
        _playsLeft-- > 0 && trace.Steps.Count > 0 ? await player.PlayAsync(trace, cancellationToken) : null;
}
