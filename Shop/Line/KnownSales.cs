using Microsoft.EntityFrameworkCore;
using OrleansLimiter.Hosting.Caching;
using OrleansLimiter.Shop.Data;
using OrleansLimiter.Shop.Sales;

namespace OrleansLimiter.Shop.Line;

/// <summary>
/// The sales that were asked for lately, each read from the database at most once a second, so that a long line does not ask it; a purchase
/// counts on nothing of it that can change. Safe for use by many threads.
/// </summary>
internal sealed class KnownSales(ServiceDbFactory databases, LookupBudget budget, TimeProvider time)
{
    /// <summary>How many sales are kept in mind for certain, here and wherever else something is kept for each sale.</summary>
    public const int MostKept = 5_000;

    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);

    private readonly RecentTable<Guid, Known> _known = new(MostKept);

    /// <summary>How many sales are kept in mind.</summary>
    public int Kept => _known.Count;

    /// <summary>The sale that a route names, whether there is one or not.</summary>
    public static Guid? Named(HttpContext context) =>
        Guid.TryParseExact(context.GetRouteValue("id") as string, "D", out var id) ? id : null;

    /// <summary>Finds the sale that a route names.</summary>
    /// <returns>The sale as it was within the last second; null: there is none.</returns>
    public ValueTask<Sale?> FindAsync(HttpContext context) =>
        Named(context) is { } id ? FindAsync(id, context.RequestAborted) : new((Sale?)null);

    /// <summary>Finds a sale.</summary>
    /// <returns>The sale as it was within the last second; null: there is none.</returns>
    public async ValueTask<Sale?> FindAsync(Guid id, CancellationToken cancellationToken)
    {
        if (_known.TryGet(id, out var known) && time.GetElapsedTime(known.ReadAt) < Fresh)
            return known.Sale;
        var readAt = time.GetTimestamp();
        await using var db = databases.Create();
        if (await db.Sales.SingleOrDefaultAsync(row => row.Id == id, cancellationToken) is not { } sale)
            return null;
        _known.Set(id, new Known(sale, readAt));
        return sale;
    }

    /// <summary>
    /// Whether there is the sale that a route names, for a request that no limit has let through: the database is asked only within the
    /// user's budget.
    /// </summary>
    public async ValueTask<bool> IsKnownAsync(HttpContext context, Guid user)
    {
        if (Named(context) is not { } id)
            return false;
        if (_known.TryGet(id, out _))
            return true;
        if (!budget.TryTake(user) || await FindAsync(id, context.RequestAborted) is null)
            return false;
        budget.GiveBack(user);
        return true;
    }

    /// <summary>Forgets what was read of a sale that has changed.</summary>
    public void Forget(Guid sale) => _known.Remove(sale);

    private sealed record Known(Sale Sale, long ReadAt);
}
