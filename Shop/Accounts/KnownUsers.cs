using Microsoft.EntityFrameworkCore;
using OrleansLimiter.Hosting.Caching;
using OrleansLimiter.Shop.Data;

namespace OrleansLimiter.Shop.Accounts;

/// <summary>
/// Whether there is an account behind an access token: a token outlives its user where a row was removed, or the database was replaced and
/// the secret was not. Looked up once in the lifetime of a token, so that the line goes on without the database. Safe for use by many
/// threads.
/// </summary>
internal sealed class KnownUsers(ServiceDbFactory databases, TimeProvider time)
{
    private const int Half = 100_000;

    private readonly RecentTable<Guid, long> _seen = new(Half);

    /// <summary>
    /// Whether the user exists, or did a quarter of an hour ago. Where the database cannot say, he does: what a token is good for needs the
    /// database too, or harms nobody.
    /// </summary>
    public async ValueTask<bool> ExistsAsync(Guid user, CancellationToken cancellationToken)
    {
        if (_seen.TryGet(user, out var seen) && time.GetElapsedTime(seen) < AccessTokens.Lifetime)
            return true;
        try
        {
            await using var db = databases.Create();
            if (!await db.Users.AnyAsync(row => row.Id == user, cancellationToken))
                return false;
        }
        catch (Exception failure) when (DatabaseFailure.IsAway(failure))
        {
            return true;
        }

        _seen.Set(user, time.GetTimestamp());
        return true;
    }
}
