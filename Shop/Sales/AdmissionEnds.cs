using Microsoft.EntityFrameworkCore;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Shop.Data;
using OrleansLimiter.Shop.Settings;
using OrleansLimiter.Valve;

namespace OrleansLimiter.Shop.Sales;

/// <summary>
/// Ends admissions in the books: first nothing can be bought with one any more, only then is its slot at the valve given to the next. So a
/// cap counts all who can still buy. Safe for use by many threads and front ends.
/// </summary>
internal sealed class AdmissionEnds(Transactions transactions, ValveSettings settings, TimeProvider time)
{
    /// <summary>Ends an admission that its owner gives up.</summary>
    /// <param name="admission">The admission.</param>
    /// <returns>Whether its slot is free now; if not, a purchase with it is under way, and whoever ends that frees the slot.</returns>
    public Task<bool> EndAsync(Admission admission)
    {
        var (id, sale) = (admission.Id.ToString(), Guid.Parse(admission.Sale.Value));
        return transactions.RunAsync<bool>(async db =>
        {
            // Holds of the sale come one after the other by its row: behind this one they see that the admission has ended, and of one
            // before it the order is seen below.
            await db.Sales.Where(row => row.Id == sale).ExecuteUpdateAsync(set => set.SetProperty(row => row.Held, row => row.Held));
            await NoteAsync(db, id, declined: 0);
            await EndAsync(db, id, ifDeclined: 0);
            return !await db.Orders.AnyAsync(order => order.AdmissionId == id && order.Status == OrderStatus.Held);
        });
    }

    /// <summary>Whether an admission has ended, to be asked in a hold's own transaction.</summary>
    public static Task<bool> IsEndedAsync(ServiceDb db, string? id) =>
        db.EndedAdmissions.AnyAsync(admission => admission.Id == id && admission.EndedAt != null);

    /// <summary>
    /// Notes, in the transaction that gives an order's tickets back, what that means for its admission: the last of so many payments that
    /// were declined ends it.
    /// </summary>
    /// <param name="db">The transaction's.</param>
    /// <param name="id">The admission that the order used.</param>
    /// <param name="end">How the order ended.</param>
    /// <returns>Whether the admission has ended, now or before.</returns>
    public async Task<bool> NoteAsync(ServiceDb db, string id, OrderStatus end)
    {
        if (end == OrderStatus.Declined)
        {
            await NoteAsync(db, id, declined: 1);
            await EndAsync(db, id, settings.DeclinedPayments);
        }

        return await IsEndedAsync(db, id);
    }

    private Task<int> NoteAsync(ServiceDb db, string id, int declined) => db.Database.ExecuteSqlAsync(
        $"""
        INSERT INTO "EndedAdmissions" ("Id", "Declined", "KeptUntil")
        VALUES ({id}, {declined}, {Instant.From(time.GetUtcNow() + EndedAdmission.Kept).Microseconds})
        ON CONFLICT ("Id") DO UPDATE SET "Declined" = "EndedAdmissions"."Declined" + excluded."Declined"
        """);

    private Task<int> EndAsync(ServiceDb db, string id, int ifDeclined)
    {
        Instant? now = Instant.From(time.GetUtcNow());
        return db.EndedAdmissions.Where(row => row.Id == id && row.EndedAt == null && row.Declined >= ifDeclined)
            .ExecuteUpdateAsync(set => set.SetProperty(row => row.EndedAt, now));
    }
}
