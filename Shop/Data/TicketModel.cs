using Microsoft.EntityFrameworkCore;

namespace OrleansLimiter.Shop.Data;

/// <summary>
/// The tables of the ticket sale, with what must hold at every instant as constraints: no code, however wrong, gets past them.
/// </summary>
internal static class TicketModel
{
    private const int CurrencyLength = 3;
    private const int CardDigits = 4;
    private const int MacBytes = 32;
    private const int LongestAdmission = 64;

    /// <summary>Adds them to the model.</summary>
    public static void Build(ModelBuilder model)
    {
        model.Entity<Sale>(sale =>
        {
            sale.Property(row => row.Id).ValueGeneratedNever();
            sale.Property(row => row.Name).HasMaxLength(Sale.MaxName);
            sale.Property(row => row.Currency).HasMaxLength(CurrencyLength);
            sale.ToTable(table =>
            {
                table.HasCheckConstraint("CK_Sales_Counts",
                    "\"Available\" >= 0 AND \"Held\" >= 0 AND \"Sold\" >= 0 AND \"Available\" + \"Held\" + \"Sold\" = \"Total\"");
                table.HasCheckConstraint("CK_Sales_Limits", "\"Price\" >= 0 AND \"MaxPerOrder\" >= 1 AND \"MaxPerUser\" >= 1");
            });
        });
        model.Entity<Ticket>(ticket =>
        {
            ticket.Property(row => row.Id).ValueGeneratedNever();
            ticket.HasIndex(row => new { row.SaleId, row.Status, row.Id });
            ticket.HasOne<Sale>().WithMany().HasForeignKey(row => row.SaleId);
            ticket.HasOne<Order>().WithMany().HasForeignKey(row => row.OrderId);
            ticket.ToTable(table => table.HasCheckConstraint(
                "CK_Tickets_Order", "\"Status\" IN (0, 1, 2) AND (\"Status\" = 0) = (\"OrderId\" IS NULL)"));
        });
        model.Entity<Order>(order =>
        {
            order.Property(row => row.Id).ValueGeneratedNever();
            order.Property(row => row.Currency).HasMaxLength(CurrencyLength);
            order.Property(row => row.CardLast4).HasMaxLength(CardDigits);
            order.Property(row => row.AdmissionId).HasMaxLength(LongestAdmission);
            order.HasIndex(row => row.AdmissionId).IsUnique();
            order.HasIndex(row => new { row.Status, row.DueAt });
            order.HasIndex(row => new { row.UserId, row.PaidAt });
            order.HasOne<Sale>().WithMany().HasForeignKey(row => row.SaleId);
            order.HasOne<User>().WithMany().HasForeignKey(row => row.UserId);
            order.ToTable(table => table.HasCheckConstraint(
                "CK_Orders_Paid", "\"Status\" IN (0, 1, 2, 3, 4, 5) AND (\"Status\" = 1) = (\"PaidAt\" IS NOT NULL)"));
        });
        model.Entity<EndedAdmission>(admission =>
        {
            admission.Property(row => row.Id).HasMaxLength(LongestAdmission).ValueGeneratedNever();
            admission.HasIndex(row => row.KeptUntil);
        });
        model.Entity<Buyer>(buyer =>
        {
            buyer.HasKey(row => new { row.SaleId, row.UserId });
            buyer.HasOne<Sale>().WithMany().HasForeignKey(row => row.SaleId);
            buyer.HasOne<User>().WithMany().HasForeignKey(row => row.UserId);
            buyer.ToTable(table => table.HasCheckConstraint("CK_Buyers_Tickets", "\"Tickets\" >= 0"));
        });
        model.Entity<KeptReply>(reply =>
        {
            reply.HasKey(row => new { row.UserId, row.Key });
            reply.Property(row => row.Key).HasMaxLength(KeptReply.MaxKey);
            reply.Property(row => row.BodyMac).HasMaxLength(MacBytes);
            reply.Property(row => row.MeaningMac).HasMaxLength(MacBytes);
            reply.HasIndex(row => row.ExpiresAt);
            reply.HasIndex(row => row.OrderId);
            reply.HasOne<User>().WithMany().HasForeignKey(row => row.UserId);
            reply.HasOne<Order>().WithMany().HasForeignKey(row => row.OrderId);
        });
        model.Entity<LedgerEntry>(entry =>
        {
            entry.ToTable("SandboxLedger", table => table.HasCheckConstraint("CK_SandboxLedger_Status", "\"Status\" IN (1, 2, 3, 4)"));
            entry.HasKey(row => row.IntentId);
            entry.Property(row => row.IntentId).ValueGeneratedNever();
            entry.Property(row => row.Currency).HasMaxLength(CurrencyLength);
            entry.Property(row => row.CardLast4).HasMaxLength(CardDigits);
        });
    }
}
