namespace OrleansLimiter.TestKit.Processes;

/// <summary>
/// Waits for what other processes come to, within a bound. Processes send no signals that a test could wait on, so they are asked.
/// </summary>
public static class Eventually
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Waits until something is true.</summary>
    public static Task TrueAsync(string what, Func<Task<bool>> ask, CancellationToken cancellationToken) =>
        EqualAsync(true, what, ask, cancellationToken);

    /// <summary>Looks for so long whether something stays as it is; fails with the first other value.</summary>
    public static async Task RemainsAsync<T>(T expected, string what, TimeSpan time, Func<T> ask, CancellationToken cancellationToken)
    {
        for (var began = TimeProvider.System.GetTimestamp(); TimeProvider.System.GetElapsedTime(began) < time;)
        {
            var actual = ask();
            if (!EqualityComparer<T>.Default.Equals(actual, expected))
                throw new InvalidOperationException(
                    $"After {TimeProvider.System.GetElapsedTime(began)}: {what} was {expected} and is {actual}.");
            await Task.Delay(Pause, TimeProvider.System, cancellationToken);
        }
    }

    /// <summary>Waits until something has a value; fails with what it had last.</summary>
    public static async Task EqualAsync<T>(T expected, string what, Func<Task<T>> ask, CancellationToken cancellationToken)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var actual = await ask();
            if (EqualityComparer<T>.Default.Equals(actual, expected))
                return;
            if (TimeProvider.System.GetElapsedTime(began) > Patience)
                throw new TimeoutException($"After {Patience.TotalSeconds} s: {what} should be {expected} and is {actual}.");
            await Task.Delay(Pause, TimeProvider.System, cancellationToken);
        }
    }
}
