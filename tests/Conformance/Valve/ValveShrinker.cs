namespace OrleansLimiter.Conformance;

/// <summary>Makes a failing trace of a sale as short and plain as it can be while it still fails.</summary>
internal sealed class ValveShrinker(ValvePlayer player)
{
    // A trace that fails now and then only (a race) must not be shrunk for ever.
    private int _playsLeft = 2_000;

    /// <summary>Shrinks.</summary>
    public async ValueTask<ValveDifference> ShrinkAsync(ValveDifference difference, CancellationToken cancellationToken)
    {
        ValveDifference shorter;
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
    private async ValueTask<ValveDifference> DropStepsAsync(ValveDifference difference, CancellationToken cancellationToken)
    {
        for (var size = Math.Max(1, difference.Trace.Steps.Count / 2); ; size = Math.Max(1, size / 2))
        {
            var dropped = false;
            for (var from = 0; from < difference.Trace.Steps.Count - 1; from += size)
            {
                var fewer = difference.Trace.Steps.Where((_, place) => place < from || place >= from + size).ToList();
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

    private async ValueTask<ValveDifference> SimplifyStepsAsync(ValveDifference difference, CancellationToken cancellationToken)
    {
        for (var place = 0; place < difference.Trace.Steps.Count; place++)
        {
            foreach (var change in (Func<ValveStep, ValveStep>[])[
                step => step with { User = 0 },
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

    private async ValueTask<ValveDifference?> PlayAsync(ValveTrace trace, CancellationToken cancellationToken) =>
        _playsLeft-- > 0 && trace.Steps.Count > 0 ? await player.PlayAsync(trace, cancellationToken) : null;
}
