using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;
using OrleansLimiter.Api.Data;

// The tool starts no program: it looks for the two classes below.
return 0;

/// <summary>The SQLite context, for the tool.</summary>
internal sealed class SqliteDesign : IDesignTimeDbContextFactory<SqliteServiceDb>
{
    /// <inheritdoc />
    public SqliteServiceDb CreateDbContext(string[] args) =>
        new(new DbContextOptionsBuilder<SqliteServiceDb>().UseSqlite("Data Source=unused").Options);
}

/// <summary>The PostgreSQL context, for the tool.</summary>
internal sealed class PostgresDesign : IDesignTimeDbContextFactory<PostgresServiceDb>
{
    /// <inheritdoc />
    public PostgresServiceDb CreateDbContext(string[] args) =>
        new(new DbContextOptionsBuilder<PostgresServiceDb>().UseNpgsql("Host=unused").Options);
}
