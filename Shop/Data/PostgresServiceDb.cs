using Microsoft.EntityFrameworkCore;

namespace OrleansLimiter.Shop.Data;

internal sealed class PostgresServiceDb(DbContextOptions<PostgresServiceDb> options) : ServiceDb(options)
{
    public override Task LockTicketsAsync(IReadOnlyCollection<Guid> tickets)
    {
        Guid[] ids = [.. tickets];
        return Database.ExecuteSqlAsync($"""SELECT 1 FROM "Tickets" WHERE "Id" = ANY ({ids}) ORDER BY "Id" FOR UPDATE""");
    }
}
