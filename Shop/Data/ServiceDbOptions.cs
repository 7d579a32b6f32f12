using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Npgsql;
using OrleansLimiter.Shop.Settings;

namespace OrleansLimiter.Shop.Data;

/// <summary>How contexts of each provider are set up. Values of parameters are never logged.</summary>
internal static class ServiceDbOptions
{
    private const int BusySeconds = 5; // another process writes; longer than any transaction of ours takes
    private const int PatientSeconds = 15;

    /// <summary>Adds a pool of contexts of the database that the settings name: one takes 37 kB and 100 us to make.</summary>
    public static IServiceCollection AddContexts(this IServiceCollection services, DatabaseSettings settings)
    {
        if (settings.File is not null)
            return services.AddPooledDbContextFactory<SqliteServiceDb>((provider, options) => UseSqlite(options, settings, provider));
        services.AddSingleton<DatabaseWatch>();
        return services.AddPooledDbContextFactory<PostgresServiceDb>((provider, options) =>
        {
            var watch = provider.GetRequiredService<DatabaseWatch>();
            Common(options.UseNpgsql(settings.ConnectionString), provider, watch.Commands, watch.Connections, watch.Transactions);
        });
    }

    public static string FileOf(DatabaseSettings settings, IHostEnvironment environment) =>
        Path.Combine(environment.ContentRootPath, settings.File!);

    /// <summary>
    /// PostgreSQL for work that nobody waits for and that may take long: it waits for a connection, and for each command, longer than a
    /// request may.
    /// </summary>
    public static DbContextOptions<PostgresServiceDb> PatientPostgres(DatabaseSettings settings, IServiceProvider provider)
    {
        var patient = new NpgsqlConnectionStringBuilder(settings.ConnectionString) { Pooling = false };
        patient.Timeout = Math.Max(patient.Timeout, PatientSeconds);
        patient.CommandTimeout = Math.Max(patient.CommandTimeout, 2 * PatientSeconds);
        var options = new DbContextOptionsBuilder<PostgresServiceDb>();
        Common(options.UseNpgsql(patient.ConnectionString), provider);
        return options.Options;
    }

    private static void UseSqlite(DbContextOptionsBuilder options, DatabaseSettings settings, IServiceProvider provider)
    {
        var connection = new SqliteConnectionStringBuilder
        {
            DataSource = FileOf(settings, provider.GetRequiredService<IHostEnvironment>()),
            DefaultTimeout = BusySeconds,
            ForeignKeys = true,
        };
        Common(options.UseSqlite(connection.ConnectionString), provider);
    }

    private static void Common(DbContextOptionsBuilder options, IServiceProvider provider, params IInterceptor[] watching)
    {
        options.UseLoggerFactory(provider.GetRequiredService<ILoggerFactory>());
        options.AddInterceptors([.. provider.GetServices<IInterceptor>(), .. watching]);
        options.UseQueryTrackingBehavior(QueryTrackingBehavior.NoTracking);
        options.ConfigureWarnings(warnings => warnings.Log(
            (RelationalEventId.CommandExecuted, LogLevel.Debug), // one line a query is no news
            (RelationalEventId.CommandError, LogLevel.Debug), // who sees the exception says it
            (RelationalEventId.ConnectionError, LogLevel.Debug),
            (CoreEventId.QueryIterationFailed, LogLevel.Debug),
            (CoreEventId.SaveChangesFailed, LogLevel.Debug)));
    }
}
