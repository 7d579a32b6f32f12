using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Shop.Settings;

namespace OrleansLimiter.Shop.Data;

/// <summary>Brings the database's tables up to date. Front ends that start together take turns.</summary>
internal sealed partial class DatabaseStart(ServiceDbFactory factory, DatabaseSettings settings, ILogger<DatabaseStart> logger)
{
    /// <summary>Does it.</summary>
    /// <exception cref="LimiterConfigurationException">The database cannot be opened.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var db = factory.CreatePatient();
            _ = db.Model; // takes a while to make, and nobody else need wait for it
            await using IAsyncDisposable turn = factory.File is { } file
                ? await SqliteTurn.TakeAsync(file, db, cancellationToken)
                : await PostgresTurn.TakeAsync(db, cancellationToken);
            await db.Database.MigrateAsync(cancellationToken);
            if (factory.File is not null)
                await db.Database.ExecuteSqlRawAsync("PRAGMA journal_mode = WAL", cancellationToken);
        }
        catch (Exception failure) when (
            (DatabaseFailure.CauseOf(failure) ?? failure) is DbException or IOException or UnauthorizedAccessException)
        {
            var why = (DatabaseFailure.CauseOf(failure) ?? failure).Message.TrimEnd('.');
            throw new LimiterConfigurationException(
                [new InvalidValue(DatabaseSettings.Variable, $"'{settings.Shown}'",
                $"must be a database that can be opened, and this one cannot ({why})")]);
        }

        LogReady(logger, settings.Shown);
    }

    [LoggerMessage(EventId = 1, EventName = "DatabaseReady", Level = LogLevel.Information,
        Message = "Accounts and tickets are kept in {Database}.")]
    private static partial void LogReady(ILogger logger, string database);
}
