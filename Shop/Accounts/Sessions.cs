using Microsoft.EntityFrameworkCore;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Shop.Data;
using OrleansLimiter.Shop.Settings;

namespace OrleansLimiter.Shop.Accounts;

/// <summary>
/// Sessions: families of refresh tokens of which one is good at a time. A token is spent by a compare-and-set in the database, so of any
/// number of front ends that are shown the same token, one makes its successor. Safe for use by many threads.
/// </summary>
internal sealed partial class Sessions(
    Transactions transactions, AccessTokens tokens, AccountSettings settings, TimeProvider time, ILogger<Sessions> logger)
{
    /// <summary>How long a refresh token is good.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(14);

    /// <summary>How long after its exchange a spent token is answered its successor again: a lost reply is no theft.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Opens a session for a user who has just logged in, in the login's own transaction. Of more than so many the oldest ends.
    /// </summary>
    public async Task<TokenPair> OpenAsync(ServiceDb db, Guid user)
    {
        var now = time.GetUtcNow();
        await MakeRoomAsync(db, user, Instant.From(now));
        var family = new RefreshFamily { Id = Guid.NewGuid(), UserId = user, CreatedAt = Instant.From(now) };
        var secret = RefreshSecret.New();
        db.Add(family);
        db.Add(TokenOf(secret, family, now));
        await db.SaveChangesAsync();
        return PairOf(user, family.Id, secret);
    }

    /// <summary>Exchanges a refresh token for a new pair.</summary>
    /// <returns>The pair; null if the token is not good.</returns>
    public async Task<TokenPair?> RotateAsync(RefreshSecret presented)
    {
        var hash = presented.Hash;
        var now = time.GetUtcNow();
        var rotation = await transactions.RunAsync<Rotation>(async db =>
        {
            if (await FindAsync(db, hash) is not { } found || found.Family.RevokedAt is not null)
                return default;
            var (token, family) = found;
            if (token.SpentAt is null)
            {
                if (token.ExpiresAt <= Instant.From(now) || EndOf(family) <= Instant.From(now))
                    return default;
                var successor = RefreshSecret.New();
                if (await SpendAsync(db, hash, presented.Wrap(successor), Instant.From(now)))
                {
                    db.Add(TokenOf(successor, family, now));
                    await db.SaveChangesAsync();
                    return new Rotation(PairOf(family.UserId, family.Id, successor), null);
                }

                // Another request spent it between the two statements: what it wrote is visible now.
                token = (await FindAsync(db, hash))!.Value.Token;
            }

            if (token.Successor is { } wrapped && token.SpentAt > Instant.From(now - Grace))
                return new Rotation(PairOf(family.UserId, family.Id, presented.Unwrap(wrapped)), null);
            await RevokeAsync(db, family.Id, Instant.From(now));
            return new Rotation(null, family.Id);
        });
        if (rotation.Revoked is { } revoked)
            LogReused(logger, revoked);
        return rotation.Pair;
    }

    /// <summary>Ends a session; nothing happens where it has ended, or there is none of that id.</summary>
    /// <param name="session">Its id.</param>
    /// <param name="user">Whose it must be.</param>
    /// <returns>Whether it is not another user's.</returns>
    public Task<bool> CloseAsync(Guid session, Guid user) => transactions.RunAsync<bool>(async db =>
    {
        if (await db.RefreshFamilies.AnyAsync(family => family.Id == session && family.UserId != user))
            return false;
        await RevokeAsync(db, session, Instant.From(time.GetUtcNow()));
        return true;
    });

    private static async Task<(RefreshToken Token, RefreshFamily Family)?> FindAsync(ServiceDb db, byte[] hash)
    {
        var found = await db.RefreshTokens.Where(token => token.Hash == hash)
            .Join(db.RefreshFamilies, token => token.FamilyId, family => family.Id, (token, family) => new { token, family })
            .SingleOrDefaultAsync();
        return found is null ? null : (found.token, found.family);
    }

    private static async Task<bool> SpendAsync(ServiceDb db, byte[] hash, byte[] successor, Instant now)
    {
        Instant? spent = now;
        return await db.RefreshTokens.Where(token => token.Hash == hash && token.SpentAt == null)
            .ExecuteUpdateAsync(set => set.SetProperty(token => token.SpentAt, spent).SetProperty(token => token.Successor, successor))
                == 1;
    }

    private static Task<int> RevokeAsync(ServiceDb db, Guid session, Instant now)
    {
        Instant? revoked = now;
        return db.RefreshFamilies.Where(family => family.Id == session && family.RevokedAt == null)
            .ExecuteUpdateAsync(set => set.SetProperty(family => family.RevokedAt, revoked));
    }

    /// <summary>Logins of one user come one after the other by its row, so that two at once do not both find room.</summary>
    private async Task MakeRoomAsync(ServiceDb db, Guid user, Instant now)
    {
        await db.Users.Where(row => row.Id == user).ExecuteUpdateAsync(set => set.SetProperty(row => row.CreatedAt, row => row.CreatedAt));
        var oldest = await db.RefreshFamilies.Where(family => family.UserId == user && family.RevokedAt == null)
            .OrderByDescending(family => family.CreatedAt).ThenBy(family => family.Id).Skip(settings.MaxSessions - 1)
                .Select(family => family.Id).ToListAsync();
        foreach (var session in oldest)
            await RevokeAsync(db, session, now);
    }

    private Instant EndOf(RefreshFamily family) => new(family.CreatedAt.Microseconds + (long)settings.SessionLifetime.TotalMicroseconds);

    private RefreshToken TokenOf(RefreshSecret secret, RefreshFamily family, DateTimeOffset now) =>
        new()
        {
            Hash = secret.Hash,
            FamilyId = family.Id,
            ExpiresAt = new Instant(Math.Min(Instant.From(now + Lifetime).Microseconds, EndOf(family).Microseconds)),
        };

    private TokenPair PairOf(Guid user, Guid family, RefreshSecret secret) =>
        new(tokens.Issue(user, family), secret.Text, "Bearer", (long)AccessTokens.Lifetime.TotalSeconds);

    [LoggerMessage(EventId = 1, EventName = "RefreshTokenReused", Level = LogLevel.Warning,
        Message = "A spent refresh token of the session {Session} was used again: the session is revoked.")]
    private static partial void LogReused(ILogger logger, Guid session);

    /// <summary>What an exchange came to: a pair, a family revoked, or neither.</summary>
    private readonly record struct Rotation(TokenPair? Pair, Guid? Revoked);
}
