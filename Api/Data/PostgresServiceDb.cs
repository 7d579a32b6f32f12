using Microsoft.EntityFrameworkCore;

namespace OrleansLimiter.Api.Data;

/// <summary>The database in PostgreSQL.</summary>
internal sealed class PostgresServiceDb(DbContextOptions<PostgresServiceDb> options) : ServiceDb(options);
