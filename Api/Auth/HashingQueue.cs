namespace OrleansLimiter.Api.Auth;

/// <summary>
/// Bounds the work of hashing passwords, of which one takes a tenth of a second of a core: at most as many at once as there are cores, and
/// <see cref="MaxWaiting"/> waiting, in the order of coming. Safe for use by many threads.
/// </summary>
internal sealed class HashingQueue : IDisposable
{
    /// <summary>The most that wait.</summary>
    public const int MaxWaiting = 64;

    private readonly SemaphoreSlim _cores = new(MaxRunning, MaxRunning);
    private int _inside;

    /// <summary>The most that run.</summary>
    public static int MaxRunning => Environment.ProcessorCount;

    /// <summary>How many run or wait.</summary>
    public int Inside => Volatile.Read(ref _inside);

    /// <summary>Does the work when its turn comes.</summary>
    /// <param name="work">The hashing.</param>
    /// <param name="cancellationToken">Ends the wait, not the work.</param>
    /// <returns>What it gave; null if too many wait already.</returns>
    /// <exception cref="OperationCanceledException">The caller went away while waiting.</exception>
    public async Task<T?> RunAsync<T>(Func<T> work, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            if (Interlocked.Increment(ref _inside) > MaxRunning + MaxWaiting)
                return null;
            await _cores.WaitAsync(cancellationToken);
            try
            {
                return await Task.Run(work, CancellationToken.None);
            }
            finally
            {
                _cores.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _inside);
        }
    }

    /// <inheritdoc />
    public void Dispose() => _cores.Dispose();
}
