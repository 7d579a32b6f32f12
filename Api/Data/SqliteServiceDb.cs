using Microsoft.EntityFrameworkCore;

namespace OrleansLimiter.Api.Data;

/// <summary>The database in a SQLite file.</summary>
internal sealed class SqliteServiceDb(DbContextOptions<SqliteServiceDb> options) : ServiceDb(options);
