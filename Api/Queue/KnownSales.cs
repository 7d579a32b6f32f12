using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using OrleansLimiter.Api.Data;

namespace OrleansLimiter.Api.Queue;

/// <summary>The sales that queues are asked for, each read from the database at most once a second, so that a long line does not ask it. Safe for use by many threads.</summary>
internal sealed class KnownSales(ServiceDbFactory databases, TimeProvider time)
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<Guid, Known> _known = new();

    /// <summary>Finds the sale that a route names.</summary>
    /// <returns>The sale as it was within the last second; null: there is none.</returns>
    public async ValueTask<Sale?> FindAsync(HttpContext context)
    {
        if (!Guid.TryParseExact(context.GetRouteValue("id") as string, "D", out var id))
            return null;
        if (_known.TryGetValue(id, out var known) && time.GetElapsedTime(known.ReadAt) < Fresh)
            return known.Sale;
        var readAt = time.GetTimestamp();
        await using var db = databases.Create();
        if (await db.Sales.SingleOrDefaultAsync(sale => sale.Id == id, context.RequestAborted) is not { } sale)
            return null;
        _known[id] = new Known(sale, readAt);
        return sale;
    }

    private sealed record Known(Sale Sale, long ReadAt);
}
