namespace OrleansLimiter.Conformance;

/// <summary>Makes a failing trace as short and plain as it can be while it still fails.</summary>
/// <typeparam name="TStep">A step, compared by value.</typeparam>
/// <typeparam name="TFailure">What is known of a trace that fails.</typeparam>
/// <param name="stepsOf">The steps of the trace that failed.</param>
/// <param name="play">Plays the failure's trace with other steps; null: it does not fail.</param>
/// <param name="plainer">Each makes the step at a place plainer, if it can.</param>
/// <param name="plays">How often to play at most: a trace that fails now and then only (a race) must not be shrunk for ever.</param>
internal sealed class Shrinker<TStep, TFailure>(
    Func<TFailure, IReadOnlyList<TStep>> stepsOf,
    Func<TFailure, IReadOnlyList<TStep>, CancellationToken, ValueTask<TFailure?>> play,
    Func<IReadOnlyList<TStep>, int, TStep>[] plainer,
    int plays)
    where TFailure : class
{
    private int _playsLeft = plays;

    /// <summary>Shrinks.</summary>
    public async ValueTask<TFailure> ShrinkAsync(TFailure failure, CancellationToken cancellationToken)
    {
        TFailure shorter;
        do
        {
            shorter = failure;
            failure = await DropStepsAsync(failure, cancellationToken);
            failure = await SimplifyStepsAsync(failure, cancellationToken);
        }
        while (stepsOf(failure).Count < stepsOf(shorter).Count);
        return failure;
    }

    // ddmin: leaves out halves, then quarters, and so on down to single steps.
    private async ValueTask<TFailure> DropStepsAsync(TFailure failure, CancellationToken cancellationToken)
    {
        for (var size = Math.Max(1, stepsOf(failure).Count / 2); ; size = Math.Max(1, size / 2))
        {
            var dropped = false;
            for (var from = 0; from < stepsOf(failure).Count - 1; from += size)
            {
                var fewer = stepsOf(failure).Where((_, place) => place < from || place >= from + size).ToList();
                if (await PlayAsync(failure, fewer, cancellationToken) is not { } smaller)
                    continue;
                failure = smaller;
                dropped = true;
                from -= size;
            }

            if (size == 1 && !dropped)
                return failure;
        }
    }

    private async ValueTask<TFailure> SimplifyStepsAsync(TFailure failure, CancellationToken cancellationToken)
    {
        for (var place = 0; place < stepsOf(failure).Count; place++)
        {
            foreach (var change in plainer)
            {
                var steps = stepsOf(failure).ToList();
                var step = change(steps, place);
                if (EqualityComparer<TStep>.Default.Equals(step, steps[place]))
                    continue;
                steps[place] = step;
                if (await PlayAsync(failure, steps, cancellationToken) is { } simpler)
                    failure = simpler;
                if (place >= stepsOf(failure).Count)
                    return failure;
            }
        }

        return failure;
    }

    private async ValueTask<TFailure?> PlayAsync(TFailure failure, List<TStep> steps, CancellationToken cancellationToken) =>
        _playsLeft-- > 0 && steps.Count > 0 ? await play(failure, steps, cancellationToken) : null;
}
