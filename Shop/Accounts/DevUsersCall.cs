using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using OrleansLimiter.AspNetCore.Addresses;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Hosting.Operators;
using OrleansLimiter.Hosting.Reading;
using OrleansLimiter.Hosting.Writing;
using OrleansLimiter.Shop.Data;
using OrleansLimiter.Shop.Operators;

namespace OrleansLimiter.Shop.Accounts;

/// <summary>
/// <c>POST /admin/dev/users</c>: makes users for demonstrations and load tests. One password, hashed once, is all of theirs. Development
/// only. Safe for use by many threads.
/// </summary>
internal sealed class DevUsersCall(
    OperatorKey operatorKey, Passwords passwords, Transactions transactions, AccessTokens tokens, ShopAudit audit, TimeProvider time)
{
    private const long MaxUsers = 10_000;
    private static readonly BodyField Count = new("count", BodyFieldKind.Whole, "an integer from 1 to 10,000");
    private static readonly BodyReader Body = new(Count);

    public async Task MakeAsync(HttpContext context)
    {
        if (operatorKey.NameOf(context) is not { } person)
        {
            await operatorKey.RefuseAsync(context);
            return;
        }

        var (body, error) = await JsonBody.ReadFieldsAsync(context.Request, Body);
        var count = body.Whole(Count);
        if (error is null && count is not (>= 1 and <= MaxUsers))
            error = RequestError.WrongType(Count.Name, count?.ToString(CultureInfo.InvariantCulture) ?? "missing", Count.Rule);
        if (error is not null)
        {
            await Replies.WriteError(context, error);
            return;
        }

        var password = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(18));
        if (await passwords.HashAsync(password, new HashingPlace(ClientAddress.Of(context), null), context.RequestAborted) is not { } hash)
        {
            await Replies.WriteBusy(context, "Too many passwords are being hashed.");
            return;
        }

        var users = await MakeAsync((int)count!, hash);
        audit.UsersMade(person, users.Length);
        await Replies.WriteJson(context, StatusCodes.Status201Created, new DevUsers(password, users), AuthJson.Default.DevUsers);
    }

    private Task<DevUser[]> MakeAsync(int count, string hash) => transactions.RunAsync<DevUser[]>(async db =>
    {
        var now = Instant.From(time.GetUtcNow());
        var users = new User[count];
        for (var i = 0; i < count; i++)
        {
            var id = Guid.NewGuid();
            users[i] = new User { Id = id, Email = $"{id:N}@example.test", PasswordHash = hash, CreatedAt = now };
        }

        db.AddRange(users.AsEnumerable());
        await db.SaveChangesAsync();
        return Array.ConvertAll(users, user => new DevUser(user.Id, user.Email, tokens.Issue(user.Id, session: null)));
    });
}
