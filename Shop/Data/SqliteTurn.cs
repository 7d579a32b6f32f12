using Microsoft.EntityFrameworkCore;

namespace OrleansLimiter.Shop.Data;

/// <summary>
/// The turn of one process to bring a SQLite file up to date: a lock that the system itself gives back when the process dies. EF Core's own
/// lock is a row, which a process that was killed leaves behind and for which every later start would wait for ever; whoever has the turn
/// removes it.
/// </summary>
internal sealed class SqliteTurn : IAsyncDisposable
{
    private const int MaxAttempts = 1_200;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly FileStream _lock;

    private SqliteTurn(FileStream taken) => _lock = taken;

    /// <summary>Waits for the turn, at most a minute: whoever has it is alive, and on a busy machine slow.</summary>
    /// <exception cref="IOException">The file's folder cannot be written, or another process has the turn for too long.</exception>
    public static async Task<SqliteTurn> TakeAsync(string file, ServiceDb db, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
        PrivateFile.Make(file);
        PrivateFile.Make(file + ".lock"); // whoever can open it can hold a start up
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var turn = new SqliteTurn(new FileStream(file + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
                if (File.Exists(file))
                    await RemoveAbandonedLockAsync(db, cancellationToken);
                return turn;
            }
            catch (IOException) when (attempt < MaxAttempts)
            {
                await Task.Delay(Pause, TimeProvider.System, cancellationToken);
            }
        }
    }

    public ValueTask DisposeAsync() => _lock.DisposeAsync();

    private static async Task RemoveAbandonedLockAsync(ServiceDb db, CancellationToken cancellationToken)
    {
        var isThere = await db.Database.SqlQuery<int>($"SELECT COUNT(*) AS \"Value\" FROM sqlite_master WHERE name = '__EFMigrationsLock'")
            .SingleAsync(cancellationToken);
        if (isThere > 0)
            await db.Database.ExecuteSqlRawAsync("DELETE FROM \"__EFMigrationsLock\"", cancellationToken);
    }
}
