namespace OrleansLimiter.Shop.Data;

/// <summary>
/// Runs work in a transaction: all of its writes or none. SQLite has one writer at a time, and PostgreSQL a number of connections, so
/// writers of this process wait in a queue (<see cref="WriterQueue"/>), in order, and do not poll the file's lock. What another transaction
/// got in the way of is done again, so the work must touch nothing but the database. No caller's cancellation ends a transaction: it is
/// short, and who went away shall not leave half of something. Safe for use by many threads.
/// </summary>
internal sealed class Transactions(ServiceDbFactory factory, TimeProvider time)
{
    /// <summary>
    /// For how long what finishes begun work is tried again. What is still not done then is left to be done later by whoever finishes such
    /// work.
    /// </summary>
    public static readonly TimeSpan LongestTry = TimeSpan.FromSeconds(5);

    private const int MaxAttempts = 5;

    private readonly WriterQueue _queue = new(factory.WritersAtOnce, time);

    /// <summary>Does new work, then commits or rolls back as it says.</summary>
    /// <param name="work">Reads and writes by the context that it is given.</param>
    /// <returns>What came of it.</returns>
    /// <exception cref="DatabaseBusyException">There is no time for it; nothing was begun.</exception>
    public Task<T> RunAsync<T>(Func<ServiceDb, Task<WriteResult<T>>> work) => RunAsync(work, isNew: true);

    /// <summary>
    /// Does what ends work that has begun, such as a purchase whose tickets are held: before any new work, and never turned away.
    /// </summary>
    /// <param name="work">Reads and writes by the context that it is given.</param>
    /// <returns>What came of it.</returns>
    /// <exception cref="System.Data.Common.DbException">Another got in the way for longer than <see cref="LongestTry"/>.</exception>
    public Task<T> FinishAsync<T>(Func<ServiceDb, Task<WriteResult<T>>> work) => RunAsync(work, isNew: false);

    private async Task<T> RunAsync<T>(Func<ServiceDb, Task<WriteResult<T>>> work, bool isNew)
    {
        var began = time.GetTimestamp();
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await RunOnceAsync(work, isNew);
            }
            catch (Exception conflict) when (DatabaseFailure.IsConflict(conflict))
            {
                // Rolled back as a whole: nothing of it is left to be done twice.
                if (attempt < MaxAttempts && time.GetElapsedTime(began) <= (isNew ? WriterQueue.LongestWait : LongestTry))
                    continue;
                if (isNew)
                    throw new DatabaseBusyException(TimeSpan.Zero);
                throw;
            }
        }
    }

    private async Task<T> RunOnceAsync<T>(Func<ServiceDb, Task<WriteResult<T>>> work, bool isNew)
    {
        using var turn = await _queue.EnterAsync(isNew);
        await using var db = factory.Create();
        // SQLite: BEGIN IMMEDIATE, so it never fails half way for want of the lock
        await using var transaction = await db.Database.BeginTransactionAsync();
        var written = await work(db);
        if (written.IsKept)
            await transaction.CommitAsync();
        return written.Value;
    }
}
