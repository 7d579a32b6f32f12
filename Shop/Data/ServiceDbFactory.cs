using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Npgsql;
using OrleansLimiter.Shop.Settings;

namespace OrleansLimiter.Shop.Data;

/// <summary>Makes contexts of the database that the settings name. Safe for use by many threads; what it makes is not.</summary>
internal sealed class ServiceDbFactory : IDisposable
{
    private const int BusySeconds = 5; // another process writes; longer than any transaction of ours takes
    private const int WritersOfFive = 4; // connections; the others read
    private const int PatientSeconds = 15;

    private readonly DbContextOptions<SqliteServiceDb>? _sqlite;
    private readonly DbContextOptions<PostgresServiceDb>? _postgres;
    private readonly DbContextOptions<PostgresServiceDb>? _patient;

    /// <summary>Prepares the options once.</summary>
    /// <param name="settings">Which database.</param>
    /// <param name="environment">What a relative file is relative to.</param>
    /// <param name="loggers">Where EF Core logs; values of parameters are never logged.</param>
    /// <param name="interceptors">Who watches commands and transactions.</param>
    public ServiceDbFactory(DatabaseSettings settings, IHostEnvironment environment, ILoggerFactory loggers, IEnumerable<IInterceptor> interceptors)
    {
        if (settings.File is { } file)
        {
            File = Path.Combine(environment.ContentRootPath, file);
            var connection = new SqliteConnectionStringBuilder { DataSource = File, DefaultTimeout = BusySeconds, ForeignKeys = true };
            WritersAtOnce = 1;
            _sqlite = Common(new DbContextOptionsBuilder<SqliteServiceDb>().UseSqlite(connection.ConnectionString), loggers, interceptors).Options;
        }
        else
        {
            WritersAtOnce = Math.Max(1, new NpgsqlConnectionStringBuilder(settings.ConnectionString).MaxPoolSize * WritersOfFive / 5);
            Watch = new DatabaseWatch();
            _postgres = Common(
                new DbContextOptionsBuilder<PostgresServiceDb>().UseNpgsql(settings.ConnectionString), loggers, [.. interceptors, Watch.Commands, Watch.Connections, Watch.Transactions]).Options;
            var patient = new NpgsqlConnectionStringBuilder(settings.ConnectionString) { Pooling = false };
            (patient.Timeout, patient.CommandTimeout) = (Math.Max(patient.Timeout, PatientSeconds), Math.Max(patient.CommandTimeout, 2 * PatientSeconds));
            _patient = Common(new DbContextOptionsBuilder<PostgresServiceDb>().UseNpgsql(patient.ConnectionString), loggers, interceptors).Options;
        }
    }

    /// <summary>The SQLite file; null: PostgreSQL.</summary>
    public string? File { get; }

    /// <summary>Whether PostgreSQL answers; null: SQLite.</summary>
    public DatabaseWatch? Watch { get; }

    /// <summary>How many may write at a time: one to a SQLite file, so many to PostgreSQL that its readers find a connection too.</summary>
    public int WritersAtOnce { get; }

    /// <summary>Makes a context, to be disposed of by the caller.</summary>
    public ServiceDb Create() => _sqlite is not null ? new SqliteServiceDb(_sqlite) : new PostgresServiceDb(_postgres!);

    /// <summary>Makes a context for work that nobody waits for and that may take long: it waits for a connection, and for each command, longer than a request may.</summary>
    public ServiceDb CreatePatient() => _patient is not null ? new PostgresServiceDb(_patient) : Create();

    /// <summary>Closes the connections that are kept open for the next context.</summary>
    public void Dispose()
    {
        Watch?.Dispose();
        using var db = Create();
        if (db.Database.GetDbConnection() is SqliteConnection sqlite)
            SqliteConnection.ClearPool(sqlite);
        else if (db.Database.GetDbConnection() is NpgsqlConnection postgres)
            NpgsqlConnection.ClearPool(postgres);
    }

    private static DbContextOptionsBuilder<T> Common<T>(DbContextOptionsBuilder<T> options, ILoggerFactory loggers, IEnumerable<IInterceptor> interceptors)
        where T : DbContext
    {
        options.UseLoggerFactory(loggers).AddInterceptors(interceptors);
        options.UseQueryTrackingBehavior(QueryTrackingBehavior.NoTracking);
        return options.ConfigureWarnings(warnings => warnings.Log(
            (RelationalEventId.CommandExecuted, LogLevel.Debug), // one line a query is no news
            (RelationalEventId.CommandError, LogLevel.Debug), // who sees the exception says it
            (RelationalEventId.ConnectionError, LogLevel.Debug),
            (CoreEventId.QueryIterationFailed, LogLevel.Debug),
            (CoreEventId.SaveChangesFailed, LogLevel.Debug)));
    }
}
