using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace OrleansLimiter.Shop.Data.Migrations;

/// <summary>The SQLite context, for the tool that writes migrations (eng/migrate.sh): the model alone, no database.</summary>
internal sealed class SqliteDesignTimeContext : IDesignTimeDbContextFactory<SqliteServiceDb>
{
    public SqliteServiceDb CreateDbContext(string[] args) =>
        new(new DbContextOptionsBuilder<SqliteServiceDb>().UseSqlite("Data Source=unused").Options);
}

/// <summary>The PostgreSQL context, likewise.</summary>
internal sealed class PostgresDesignTimeContext : IDesignTimeDbContextFactory<PostgresServiceDb>
{
    public PostgresServiceDb CreateDbContext(string[] args) =>
        new(new DbContextOptionsBuilder<PostgresServiceDb>().UseNpgsql("Host=unused").Options);
}
