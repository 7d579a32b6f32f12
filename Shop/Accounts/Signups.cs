using Microsoft.EntityFrameworkCore;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Shop.Data;

namespace OrleansLimiter.Shop.Accounts;

/// <summary>
/// Makes accounts, and confirms their addresses. With a notifier the same statements run whether the address is new, waits to be confirmed,
/// or is taken; without one the one that there is. Safe for use by many threads.
/// </summary>
internal sealed class Signups(Transactions transactions, ServiceDbFactory databases, IAccountNotifier notifier, TimeProvider time)
{
    /// <summary>How long what the owner of an address was sent is good.</summary>
    public static readonly TimeSpan TimeToConfirm = TimeSpan.FromDays(1);

    /// <summary>At most one notice in so long goes to an address, whoever signs up with it how often.</summary>
    public static readonly TimeSpan NoticePeriod = TimeSpan.FromHours(1);

    private readonly bool _notifies = notifier is not SilentNotifier;

    /// <summary>Makes an account unless the address is taken, and has its owner told.</summary>
    public async Task AddAsync(User user, CancellationToken cancellationToken)
    {
        if (!_notifies)
        {
            await transactions.RunAsync<int>(async db => await InsertAsync(db, user, confirmationHash: null, confirmBefore: null));
            return;
        }

        var secret = RefreshSecret.New();
        switch (await transactions.RunAsync<(Notice Notice, Guid Id)>(db => AddAsync(db, user, secret)))
        {
            case (Notice.Confirm, var id):
                await notifier.SignedUpAsync(id, user.Email, secret.Text, cancellationToken);
                break;
            case (Notice.Taken, _):
                await notifier.SignedUpAgainAsync(user.Email, cancellationToken);
                break;
        }
    }

    /// <summary>The address that can be confirmed by what is presented; null: none.</summary>
    public async Task<string?> FindEmailAsync(RefreshSecret presented, CancellationToken cancellationToken)
    {
        var (hash, now) = (presented.Hash, Instant.From(time.GetUtcNow()));
        await using var db = databases.Create();
        return await db.Users.Where(user => user.ConfirmationHash == hash && user.ConfirmBefore > now).Select(user => user.Email)
            .SingleOrDefaultAsync(cancellationToken);
    }

    /// <summary>
    /// Confirms an address: the account is its owner's, with the password that the owner chose, whoever signed up with what other.
    /// </summary>
    /// <returns>Whether it was; if not, what is presented is not good any more.</returns>
    public async Task<bool> ConfirmAsync(RefreshSecret presented, string passwordHash)
    {
        var (hash, now) = (presented.Hash, Instant.From(time.GetUtcNow()));
        byte[]? none = null;
        Instant? never = null;
        return await transactions.RunAsync<int>(
            async db =>
            await db.Users.Where(user => user.ConfirmationHash == hash && user.ConfirmBefore > now).ExecuteUpdateAsync(set => set
            .SetProperty(user => user.PasswordHash, passwordHash)
            .SetProperty(user => user.ConfirmationHash, none)
            .SetProperty(user => user.ConfirmBefore, never))) == 1;
    }

    private async Task<WriteResult<(Notice, Guid)>> AddAsync(ServiceDb db, User user, RefreshSecret secret)
    {
        var now = time.GetUtcNow();
        var (instant, hourAgo) = (Instant.From(now), Instant.From(now - NoticePeriod));
        Instant? noticedAt = instant;
        Instant? before = Instant.From(now + TimeToConfirm);
        byte[]? hash = secret.Hash;
        await InsertAsync(db, user, hash, before);
        var isToBeTold = await db.Users.Where(row => row.Email == user.Email && (row.NoticedAt == null || row.NoticedAt <= hourAgo))
            .ExecuteUpdateAsync(set => set.SetProperty(row => row.NoticedAt, noticedAt)) == 1;

        // What was sent before stays good until the next is: whoever signs up again and again cannot make the owner's letter worthless.
        var waits = await db.Users.Where(row => isToBeTold && row.Email == user.Email && row.ConfirmationHash != null)
            .ExecuteUpdateAsync(set => set.SetProperty(row => row.ConfirmationHash, hash).SetProperty(row => row.ConfirmBefore, before))
                == 1;
        var id = await db.Users.Where(row => row.Email == user.Email).Select(row => row.Id).SingleAsync();
        return (!isToBeTold ? Notice.None : waits ? Notice.Confirm : Notice.Taken, id);
    }

    /// <summary>In one statement, which fails for neither: an exception would tell them apart by its cost and in the log.</summary>
    private static Task<int> InsertAsync(ServiceDb db, User user, byte[]? confirmationHash, Instant? confirmBefore) =>
        db.Database.ExecuteSqlAsync(
        $"""
        INSERT INTO "Users" ("Id", "Email", "Name", "PasswordHash", "CreatedAt", "ConfirmationHash", "ConfirmBefore")
        VALUES ({user.Id}, {user.Email}, {user.Name}, {user.PasswordHash}, {user.CreatedAt.Microseconds},
            {confirmationHash}, {confirmBefore?.Microseconds})
        ON CONFLICT ("Email") DO NOTHING
        """);

    private enum Notice
    {
        None,
        Confirm,
        Taken,
    }
}
