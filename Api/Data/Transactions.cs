namespace OrleansLimiter.Api.Data;

/// <summary>
/// Runs work in a transaction: all of its writes or none. SQLite has one writer at a time, so writers of this process queue here, in order, and do not
/// poll the file's lock. What another transaction got in the way of is done again, so the work must touch nothing but the database. No caller's
/// cancellation ends a transaction: it is short, and who went away shall not leave half of something. Safe for use by many threads.
/// </summary>
internal sealed class Transactions(ServiceDbFactory factory) : IDisposable
{
    private const int MaxAttempts = 5;

    private readonly SemaphoreSlim _writer = new(1, 1);

    /// <summary>Does the work, then commits or rolls back as it says.</summary>
    /// <param name="work">Reads and writes by the context that it is given.</param>
    /// <returns>What came of it.</returns>
    public async Task<T> RunAsync<T>(Func<ServiceDb, Task<Written<T>>> work)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await RunOnceAsync(work);
            }
            catch (Exception conflict) when (attempt < MaxAttempts && DatabaseFailure.IsConflict(conflict))
            {
                // Rolled back as a whole: nothing of it is left to be done twice.
            }
        }
    }

    /// <inheritdoc />
    public void Dispose() => _writer.Dispose();

    private async Task<T> RunOnceAsync<T>(Func<ServiceDb, Task<Written<T>>> work)
    {
        var isQueued = factory.File is not null;
        if (isQueued)
            await _writer.WaitAsync();
        try
        {
            await using var db = factory.Create();
            await using var transaction = await db.Database.BeginTransactionAsync(); // SQLite: BEGIN IMMEDIATE, so it never fails half way for want of the lock
            var written = await work(db);
            if (written.IsKept)
                await transaction.CommitAsync();
            return written.Value;
        }
        finally
        {
            if (isQueued)
                _writer.Release();
        }
    }
}
