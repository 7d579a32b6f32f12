namespace OrleansLimiter.Redis.Tests;

/// <summary>Waits for what another process does: asks again and again, with a limit.</summary>
internal static class Poll
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    /// <summary>Asks until the answer is yes.</summary>
    /// <exception cref="OperationCanceledException">It was not in time.</exception>
    public static async Task UntilAsync(Func<Task<bool>> isSo, CancellationToken cancellationToken)
    {
        using var ticks = new PeriodicTimer(Pause);
        while (!await isSo())
            await ticks.WaitForNextTickAsync(cancellationToken);
    }
}
