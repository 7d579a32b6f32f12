namespace OrleansLimiter.Engines.Redis;

/// <summary>A caller's deadline ends its wait, not the command.</summary>
internal static class CallerCancellation
{
    /// <summary>Waits for a call until the caller has had enough.</summary>
    public static async Task<T> UntilAsync<T>(this Task<T> call, CancellationToken cancellationToken)
    {
        try
        {
            return await call.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The command runs on. What it may still throw is looked at by nobody else.
            call.Forget();
            throw;
        }
    }

    /// <summary>Looks at what a task may throw, since nobody else will.</summary>
    public static void Forget(this Task task) =>
        _ = task.ContinueWith(
            static late => late.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
}
