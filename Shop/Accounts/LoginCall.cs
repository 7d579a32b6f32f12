using Microsoft.EntityFrameworkCore;
using OrleansLimiter.AspNetCore;
using OrleansLimiter.AspNetCore.Addresses;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Hosting.Reading;
using OrleansLimiter.Hosting.Writing;
using OrleansLimiter.Shop.Data;

namespace OrleansLimiter.Shop.Accounts;

/// <summary>
/// <c>POST /auth/login</c>: limits, then validation, then the password. A body of the wrong shape is charged to its address alone, all
/// other limits before anything is hashed. A good login, and one that found no time to be checked, gives back what counts guesses; what
/// counts the address's work stays charged, or a few good accounts would be a way to keep the hashing busy. Whether the account exists
/// changes neither answer nor work. Safe for use by many threads.
/// </summary>
internal sealed class LoginCall(
    LoginLimits limits, Passwords passwords, Sessions sessions, ServiceDbFactory databases, Transactions transactions, TimeProvider time)
{
    private static readonly BodyField Email = new("email", BodyFieldKind.Text);
    private static readonly BodyField Password = new("password", BodyFieldKind.Text);
    private static readonly BodyReader Body = new(Email, Password);
    private static readonly RequestError Wrong = new(
        StatusCodes.Status401Unauthorized, null, "The e-mail address or the password is wrong.");

    /// <summary>Logs in: 200 and a pair of tokens, 401, 429.</summary>
    public async Task LoginAsync(HttpContext context)
    {
        var (body, error) = await JsonBody.ReadFieldsAsync(context.Request, Body);
        var (email, password) = (body.Text(Email), body.Text(Password));
        error ??= AccountRules.ErrorInEmail(email) ?? AccountRules.ErrorInPassword(password, isNew: false);

        // A body of another shape tries no password: it costs its address a permit, and makes no key for an account that anybody can make
        // up.
        var account = error is null ? AccountRules.Normalized(email!) : null;
        var charges = await limits.AskAsync(context, account);
        if (charges.Refusal is { } refusal)
        {
            await LimitRefusal.WriteAsync(context, refusal.Answer, refusal.Cost, charges.Refusers);
            return;
        }

        if (error is not null)
        {
            await Replies.WriteError(context, error);
            return;
        }

        // Who logged in from this address of late takes none of the account's few places: strangers who take them all keep out strangers.
        var address = ClientAddress.Of(context);
        var (user, isKnown) = await FindAsync(account!, AccountRules.Lowered(email!), address, context.RequestAborted);
        var place = new HashingPlace(address, isKnown ? null : account);
        var check = await passwords.CheckAsync(user, password!, place, context.RequestAborted);
        if (check is null)
        {
            await charges.ForgiveAsync(); // nothing was guessed
            await Replies.WriteBusy(context, "Too many passwords are being checked.");
        }
        else if (!check.IsRight || user!.ConfirmationHash is not null) // whoever has not confirmed the address is nobody yet
        {
            await Replies.WriteError(context, Wrong);
        }
        else
        {
            var pair = await OpenAsync(user!, check.NewerHash, address);
            await charges.ForgiveAsync();
            await Replies.WriteJson(context, StatusCodes.Status200OK, pair, AuthJson.Default.TokenPair);
        }
    }

    /// <summary>The account, and whether it was logged in to from an address of late.</summary>
    private async Task<(User? User, bool IsKnown)> FindAsync(
        string email, string asBefore, string address, CancellationToken cancellationToken)
    {
        var since = Instant.From(time.GetUtcNow() - KnownAddress.Remembered);
        await using var db = databases.Create();

        // Builds before this one did not compose addresses. If both are there, the one that is as it would be stored now.
        var found = await db.Users.Where(user => user.Email == email || user.Email == asBefore)
            .OrderBy(user => user.Email == email ? 0 : 1)
            .Select(user => new
            {
                User = user,
                IsKnown = db.KnownAddresses.Any(
                    known => known.UserId == user.Id && known.Address == address && known.LastLoginAt > since),
            })
            .FirstOrDefaultAsync(cancellationToken);
        return (found?.User, found?.IsKnown ?? false);
    }

    private Task<TokenPair> OpenAsync(User user, string? newerHash, string address) => transactions.RunAsync<TokenPair>(async db =>
    {
        var now = Instant.From(time.GetUtcNow()).Microseconds;
        await db.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO "KnownAddresses" ("UserId", "Address", "LastLoginAt") VALUES ({user.Id}, {address}, {now})
            ON CONFLICT ("UserId", "Address") DO UPDATE SET "LastLoginAt" = excluded."LastLoginAt"
            """);
        if (newerHash is not null)
        {
            // Only over the hash that was checked: a password changed meanwhile stays changed.
            await db.Users.Where(row => row.Id == user.Id && row.PasswordHash == user.PasswordHash)
                .ExecuteUpdateAsync(set => set.SetProperty(row => row.PasswordHash, newerHash));
        }

        return await sessions.OpenAsync(db, user.Id);
    });
}
