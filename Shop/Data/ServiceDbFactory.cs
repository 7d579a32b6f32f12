using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using OrleansLimiter.Shop.Settings;

namespace OrleansLimiter.Shop.Data;

/// <summary>
/// Hands out contexts of the database that the settings name, whichever provider's, from EF Core's pool of them. Safe for use by many
/// threads; what it hands out is not.
/// </summary>
internal sealed class ServiceDbFactory : IDisposable
{
    private const int WritersOfFive = 4; // connections; the others read

    private readonly Func<ServiceDb> _create;
    private readonly Func<ServiceDb> _createPatient;

    public ServiceDbFactory(DatabaseSettings settings, IHostEnvironment environment, IServiceProvider services)
    {
        if (settings.File is not null)
        {
            File = ServiceDbOptions.FileOf(settings, environment);
            WritersAtOnce = 1;
            _create = _createPatient = services.GetRequiredService<IDbContextFactory<SqliteServiceDb>>().CreateDbContext;
            return;
        }

        WritersAtOnce = Math.Max(1, new NpgsqlConnectionStringBuilder(settings.ConnectionString).MaxPoolSize * WritersOfFive / 5);
        Watch = services.GetRequiredService<DatabaseWatch>();
        _create = services.GetRequiredService<IDbContextFactory<PostgresServiceDb>>().CreateDbContext;
        var patient = ServiceDbOptions.PatientPostgres(settings, services);
        _createPatient = () => new PostgresServiceDb(patient);
    }

    /// <summary>The SQLite file; null: PostgreSQL.</summary>
    public string? File { get; }

    /// <summary>Whether PostgreSQL answers; null: SQLite.</summary>
    public DatabaseWatch? Watch { get; }

    /// <summary>How many may write at a time: one to a SQLite file, so many to PostgreSQL that its readers find a connection too.</summary>
    public int WritersAtOnce { get; }

    /// <summary>A context, to be disposed of by the caller.</summary>
    public ServiceDb Create() => _create();

    /// <summary>
    /// A context for work that nobody waits for and that may take long: it waits for a connection, and for each command, longer than a
    /// request may.
    /// </summary>
    public ServiceDb CreatePatient() => _createPatient();

    /// <summary>Closes the connections that are kept open for the next context.</summary>
    public void Dispose()
    {
        using var db = Create();
        if (db.Database.GetDbConnection() is SqliteConnection sqlite)
            SqliteConnection.ClearPool(sqlite);
        else if (db.Database.GetDbConnection() is NpgsqlConnection postgres)
            NpgsqlConnection.ClearPool(postgres);
    }
}
