using Microsoft.EntityFrameworkCore;

namespace OrleansLimiter.Shop.Data;

/// <summary>
/// The turn of one process to bring a PostgreSQL database up to date: an advisory lock, which ends with the connection. EF Core's own lock
/// is on a table that it must make first, and two that make it at the same moment fail.
/// </summary>
internal sealed class PostgresTurn : IAsyncDisposable
{
    private const long Key = 0x4F4C_4D49_4752; // "OLMIGR"

    private readonly ServiceDb _db;

    private PostgresTurn(ServiceDb db) => _db = db;

    /// <summary>Waits for the turn, on the connection that stays open until it ends.</summary>
    public static async Task<PostgresTurn> TakeAsync(ServiceDb db, CancellationToken cancellationToken)
    {
        await db.Database.OpenConnectionAsync(cancellationToken);
        await db.Database.ExecuteSqlAsync($"SELECT pg_advisory_lock({Key})", cancellationToken);
        return new PostgresTurn(db);
    }

    public async ValueTask DisposeAsync()
    {
        await _db.Database.ExecuteSqlAsync($"SELECT pg_advisory_unlock({Key})");
        await _db.Database.CloseConnectionAsync();
    }
}
