using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Shop.Data;

/// <summary>
/// The service's database: accounts and tickets. Instants are stored as microseconds, because SQLite cannot order by any type of date.
/// Each provider derives its own context, so that each has migrations of its own. Used by one thread.
/// </summary>
internal abstract class ServiceDb(DbContextOptions options) : DbContext(options)
{
    public DbSet<User> Users => Set<User>();

    /// <summary>From where users have logged in.</summary>
    public DbSet<KnownAddress> KnownAddresses => Set<KnownAddress>();

    public DbSet<RefreshFamily> RefreshFamilies => Set<RefreshFamily>();

    public DbSet<RefreshToken> RefreshTokens => Set<RefreshToken>();

    public DbSet<Sale> Sales => Set<Sale>();

    public DbSet<Ticket> Tickets => Set<Ticket>();

    /// <summary>The orders; the paid ones are the receipts.</summary>
    public DbSet<Order> Orders => Set<Order>();

    /// <summary>The admissions that have ended unused, or with which payments were declined.</summary>
    public DbSet<EndedAdmission> EndedAdmissions => Set<EndedAdmission>();

    /// <summary>How many tickets of a sale each user has.</summary>
    public DbSet<Buyer> Buyers => Set<Buyer>();

    /// <summary>What was answered under an <c>Idempotency-Key</c>.</summary>
    public DbSet<KeptReply> KeptReplies => Set<KeptReply>();

    public DbSet<LedgerEntry> Ledger => Set<LedgerEntry>();

    /// <summary>
    /// Locks tickets for the rest of the transaction, in the order of their ids, so that no two transactions wait for each other's. A
    /// database with one writer at a time has nothing to lock.
    /// </summary>
    public virtual Task LockTicketsAsync(IReadOnlyCollection<Guid> tickets) => Task.CompletedTask;

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder) =>
        configurationBuilder.Properties<Instant>().HaveConversion<InstantConverter>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        AccountModel.Build(modelBuilder);
        TicketModel.Build(modelBuilder);
    }

    private sealed class InstantConverter() : ValueConverter<Instant, long>(instant => instant.Microseconds, stored => new Instant(stored));
}
