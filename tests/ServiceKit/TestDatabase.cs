using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using OrleansLimiter.Shop.Data;
using OrleansLimiter.Shop.Settings;
using Xunit;

namespace OrleansLimiter.ServiceKit;

/// <summary>A database of one test's own, with the tables of today and nothing in them: a copy of one that was migrated once.</summary>
internal sealed class TestDatabase : IDisposable
{
    /// <summary>A SQLite file.</summary>
    public const string Sqlite = "sqlite";

    /// <summary>A database of the tests' own PostgreSQL server.</summary>
    public const string Postgres = "postgres";

    private const string PostgresTemplate = "migrated";

    // The client's, in seconds. The service's default is for the tests of that; no other fails because something takes long.
    private const string Patience = "?Timeout=60&Command%20Timeout=60";
    private static readonly Lazy<byte[]> SqliteTemplate = new(MigrateSqlite);
    private static readonly Lazy<Task> PostgresMigrated = new(MigratePostgresAsync);

    private TestDatabase(string url) => Url = url;

    /// <summary>What <c>DATABASE_URL</c> says.</summary>
    public string Url { get; }

    /// <summary>Makes one; skips the test where there is no PostgreSQL.</summary>
    public static async Task<TestDatabase> CreateAsync(string kind)
    {
        if (kind == Sqlite)
            return CreateSqlite();
        Assert.SkipWhen(PostgresServer.WhyNot is not null, PostgresServer.WhyNot ?? string.Empty);
        await PostgresMigrated.Value;
        return new TestDatabase(await PostgresServer.CreateDatabaseAsync($"t{Guid.NewGuid():N}", PostgresTemplate) + Patience);
    }

    /// <summary>Makes an empty one, without tables.</summary>
    public static async Task<TestDatabase> CreateEmptyAsync(string kind)
    {
        if (kind == Sqlite)
            return new TestDatabase($"sqlite:{NewFile()}");
        Assert.SkipWhen(PostgresServer.WhyNot is not null, PostgresServer.WhyNot ?? string.Empty);
        return new TestDatabase(await PostgresServer.CreateDatabaseAsync($"t{Guid.NewGuid():N}") + Patience);
    }

    /// <summary>Makes a SQLite one.</summary>
    public static TestDatabase CreateSqlite()
    {
        var file = NewFile();
        File.WriteAllBytes(file, SqliteTemplate.Value);
        return new TestDatabase($"sqlite:{file}");
    }

    /// <summary>The same PostgreSQL database, reached through another port of this machine.</summary>
    public TestDatabase Behind(int port) => new(new UriBuilder(Url) { Port = port }.Uri.AbsoluteUri);

    /// <summary>The same PostgreSQL database, for which the client waits as long as the service lets it by default.</summary>
    public TestDatabase Hasty() => new(new UriBuilder(Url) { Query = string.Empty }.Uri.AbsoluteUri);

    /// <inheritdoc />
    public void Dispose()
    {
        if (!Url.StartsWith("sqlite:", StringComparison.Ordinal))
            return;
        var folder = new DirectoryInfo(Path.GetDirectoryName(Url["sqlite:".Length..])!);
        if (folder.Exists)
            folder.Delete(recursive: true);
    }

    private static string NewFile() => Path.Combine(Directory.CreateTempSubdirectory("orleanslimiter-").FullName, "service.db");

    private static byte[] MigrateSqlite()
    {
        var file = NewFile();
        var connection = new SqliteConnectionStringBuilder { DataSource = file, Pooling = false };
        using (var db = new SqliteServiceDb(new DbContextOptionsBuilder<SqliteServiceDb>().UseSqlite(connection.ConnectionString).Options))
            db.Database.Migrate();
        var migrated = File.ReadAllBytes(file);
        Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);
        return migrated;
    }

    private static async Task MigratePostgresAsync()
    {
        var url = await PostgresServer.CreateDatabaseAsync(PostgresTemplate) + Patience;
        var settings = DatabaseSettings.Read(Configured.With((DatabaseSettings.Variable, url)), isDevelopment: true, [])!;
        var connection = new NpgsqlConnectionStringBuilder(settings.ConnectionString) { Pooling = false };
        await using var db = new PostgresServiceDb(
            new DbContextOptionsBuilder<PostgresServiceDb>().UseNpgsql(connection.ConnectionString).Options);
        await db.Database.MigrateAsync();
    }
}
