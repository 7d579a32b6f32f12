using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using OrleansLimiter.AspNetCore;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Shop.Data;
using OrleansLimiter.Shop.Settings;

namespace OrleansLimiter.Shop.Sales;

/// <summary>
/// What was answered under an <c>Idempotency-Key</c>, per user and for a day. Bodies are compared by HMAC under a key that is derived from
/// <c>JWT_SECRET</c>. Safe for use by many threads.
/// </summary>
internal sealed class KeptReplies(ServiceDbFactory databases, Transactions transactions, TokenSettings tokens, TimeProvider time)
{
    private readonly byte[] _macKey = tokens.DeriveKey("bodies under an Idempotency-Key");
    private readonly byte[] _meaningKey = tokens.DeriveKey("what bodies under an Idempotency-Key say");

    public byte[] MacOf(ReadOnlySpan<byte> body) => HMACSHA256.HashData(_macKey, body);

    /// <summary>
    /// The HMAC of what a body says: which tickets, and which card. Neither the order of members and tickets counts, nor white space,
    /// escapes, the case of ids or how a card's digits are grouped.
    /// </summary>
    public byte[] MeaningMacOf(PayTicketBody body) =>
        HMACSHA256.HashData(_meaningKey, Encoding.ASCII.GetBytes($"{string.Join(',', body.Tickets.Order())};{body.Card.Digits}"));

    /// <summary>What is kept under a key; null: nothing, or nothing that has not expired.</summary>
    public async Task<KeptReply?> FindAsync(Guid userId, string key, CancellationToken cancellationToken)
    {
        var now = Instant.From(time.GetUtcNow());
        await using var db = databases.Create();
        return await db.KeptReplies.SingleOrDefaultAsync(
            reply => reply.UserId == userId && reply.Key == key && reply.ExpiresAt > now, cancellationToken);
    }

    /// <summary>
    /// Keeps an answer for which no order was made. Another request under the key that came first, and runs or has ended, keeps its own
    /// instead.
    /// </summary>
    /// <returns>Whether the answer is kept; if not, the other one's counts.</returns>
    public Task<bool> KeepAsync(Guid userId, RequestKey key, Problem problem) => transactions.FinishAsync<bool>(async db =>
        await InsertAsync(db, userId, key, problem.Status, BodyOf(problem), Instant.From(time.GetUtcNow())));

    /// <summary>
    /// Claims a key for a purchase, first thing in its hold's transaction and undone with it: of several under one key, on whichever front
    /// ends, one at a time holds tickets. Who comes second waits here until the first one's hold is made, and finds its mark, or is undone.
    /// </summary>
    /// <returns>Whether the key is this purchase's; if not, another under it runs, or was answered.</returns>
    public static Task<bool> ClaimAsync(ServiceDb db, Order order, RequestKey key) =>
        InsertAsync(db, order.UserId, key, 0, string.Empty, order.CreatedAt);

    /// <summary>
    /// Makes the claim the mark of an order, which is there by now: whoever ends the order writes its answer, or takes the mark away.
    /// </summary>
    public static Task<int> BindAsync(ServiceDb db, Order order, RequestKey key)
    {
        Guid? id = order.Id;
        return db.KeptReplies.Where(reply => reply.UserId == order.UserId && reply.Key == key.Text)
            .ExecuteUpdateAsync(set => set.SetProperty(reply => reply.OrderId, id));
    }

    /// <summary>A problem as it is kept.</summary>
    public static string BodyOf(Problem problem) => Encoding.UTF8.GetString(problem.ToUtf8());

    private static async Task<bool> InsertAsync(ServiceDb db, Guid userId, RequestKey key, int status, string body, Instant now)
    {
        await db.KeptReplies.Where(reply => reply.UserId == userId && reply.Key == key.Text && reply.ExpiresAt <= now).ExecuteDeleteAsync();
        var expiresAt = now.After(Wait.OfMicroseconds((long)KeptReply.Lifetime.TotalMicroseconds));
        return await db.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO "KeptReplies" ("UserId", "Key", "BodyMac", "MeaningMac", "Status", "Body", "ExpiresAt")
            VALUES ({userId}, {key.Text}, {key.BodyMac}, {key.MeaningMac}, {status}, {body}, {expiresAt.Microseconds})
            ON CONFLICT ("UserId", "Key") DO NOTHING
            """) == 1;
    }
}
