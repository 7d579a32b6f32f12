using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using OrleansLimiter.Api.Data;
using OrleansLimiter.Api.Settings;
using OrleansLimiter.AspNetCore;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Api.Tickets;

/// <summary>
/// What was answered under an <c>Idempotency-Key</c>, per user and for a day. Bodies are compared by HMAC under a key that is derived from <c>JWT_SECRET</c>. Safe for use by many threads.
/// </summary>
internal sealed class KeptReplies(ServiceDbFactory databases, Transactions transactions, TokenSettings tokens, TimeProvider time)
{
    private readonly byte[] _macKey = tokens.DeriveKey("bodies under an Idempotency-Key");

    /// <summary>A body's HMAC.</summary>
    public byte[] MacOf(ReadOnlySpan<byte> body) => HMACSHA256.HashData(_macKey, body);

    /// <summary>What is kept under a key; null: nothing, or nothing that has not expired.</summary>
    public async Task<KeptReply?> FindAsync(Guid userId, RequestKey key, CancellationToken cancellationToken)
    {
        var now = Instant.From(time.GetUtcNow());
        await using var db = databases.Create();
        return await db.KeptReplies.SingleOrDefaultAsync(reply => reply.UserId == userId && reply.Key == key.Text && reply.ExpiresAt > now, cancellationToken);
    }

    /// <summary>Keeps an answer for which no order was made. A purchase that runs under the key meanwhile keeps its own instead.</summary>
    public Task KeepAsync(Guid userId, RequestKey key, Problem problem) => transactions.RunAsync<int>(async db =>
    {
        var now = time.GetUtcNow();
        var instant = Instant.From(now);
        await db.KeptReplies.Where(reply => reply.UserId == userId && reply.Key == key.Text && reply.ExpiresAt <= instant).ExecuteDeleteAsync();
        return await db.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO "KeptReplies" ("UserId", "Key", "BodyMac", "Status", "Body", "ExpiresAt")
            VALUES ({userId}, {key.Text}, {key.BodyMac}, {problem.Status}, {BodyOf(problem)}, {Instant.From(now + KeptReply.Lifetime).Microseconds})
            ON CONFLICT ("UserId", "Key") DO NOTHING
            """);
    });

    /// <summary>The mark of a purchase that runs, written with its hold.</summary>
    public static KeptReply RunningOf(Order order, RequestKey key) => new()
    {
        UserId = order.UserId,
        Key = key.Text,
        BodyMac = key.BodyMac,
        OrderId = order.Id,
        ExpiresAt = order.CreatedAt.After(Wait.OfMicroseconds((long)KeptReply.Lifetime.TotalMicroseconds)),
    };

    /// <summary>A problem as it is kept.</summary>
    public static string BodyOf(Problem problem) => Encoding.UTF8.GetString(problem.ToUtf8());
}
