using System.Data.Common;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace OrleansLimiter.Shop.Data;

/// <summary>Tells failures of the database apart.</summary>
internal static class DatabaseFailure
{
    private const int SqliteBusy = 5;
    private const int SqliteLocked = 6;
    private const int SqliteConstraint = 19;
    private static readonly int[] SqliteAway = [SqliteBusy, SqliteLocked, 8, 10, 13, 14]; // read-only, I/O error, full, cannot be opened

    /// <summary>Another transaction was in the way: the same work, done again, may succeed.</summary>
    public static bool IsConflict(Exception failure) => CauseOf(failure) switch
    {
        PostgresException postgres => postgres.SqlState is PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected,
        SqliteException sqlite => sqlite.SqliteErrorCode is SqliteBusy or SqliteLocked,
        _ => false,
    };

    /// <summary>A row of that key is there already.</summary>
    public static bool IsDuplicate(Exception failure) => CauseOf(failure) switch
    {
        PostgresException postgres => postgres.SqlState == PostgresErrorCodes.UniqueViolation,
        SqliteException sqlite => sqlite.SqliteErrorCode == SqliteConstraint && sqlite.Message.Contains("UNIQUE", StringComparison.Ordinal),
        _ => false,
    };

    /// <summary>
    /// A row belongs to a user who is not there: an access token outlives the user where the database was replaced and the secret was not.
    /// No other row that a request's rows belong to is ever removed.
    /// </summary>
    public static bool IsUnknownUser(Exception failure) => CauseOf(failure) switch
    {
        PostgresException postgres => postgres.SqlState == PostgresErrorCodes.ForeignKeyViolation,
        SqliteException sqlite =>
            sqlite.SqliteErrorCode == SqliteConstraint && sqlite.Message.Contains("FOREIGN KEY", StringComparison.Ordinal),
        _ => false,
    };

    /// <summary>The database cannot be reached, or cannot serve at the moment.</summary>
    public static bool IsAway(Exception failure) => CauseOf(failure) switch
    {
        DatabaseAwayException => true,
        NpgsqlException postgres => postgres.IsTransient,
        SqliteException sqlite => Array.IndexOf(SqliteAway, sqlite.SqliteErrorCode) >= 0,
        _ => false,
    };

    /// <summary>The database's own complaint, which EF Core wraps; null if there is none.</summary>
    public static DbException? CauseOf(Exception? failure)
    {
        while (failure is not null and not DbException)
            failure = failure.InnerException;
        return (DbException?)failure;
    }
}
