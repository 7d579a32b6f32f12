using Microsoft.EntityFrameworkCore;

namespace OrleansLimiter.Shop.Data;

/// <summary>The database in a SQLite file.</summary>
internal sealed class SqliteServiceDb(DbContextOptions<SqliteServiceDb> options) : ServiceDb(options);
