using Microsoft.EntityFrameworkCore;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Shop.Data;

/// <summary>
/// Removes, once an hour, what has expired and changes no answer any more. Every front end does; it does not matter which comes first.
/// </summary>
internal sealed partial class Housekeeping(Transactions transactions, TimeProvider time, ILogger<Housekeeping> logger) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromHours(1);
    private static readonly TimeSpan LongestCommand = TimeSpan.FromSeconds(30);

    public Task RemoveExpiredAsync() => transactions.FinishAsync<int>(async db =>
    {
        // Nobody waits for it, and after a long stop there may be much.
        if (db.Database.IsNpgsql())
            db.Database.SetCommandTimeout(LongestCommand);
        var now = time.GetUtcNow();
        var instant = Instant.From(now);
        var forgotten = Instant.From(now - KnownAddress.Remembered);
        var removed = await db.KnownAddresses.Where(known => known.LastLoginAt <= forgotten).ExecuteDeleteAsync();

        // An address that nobody has confirmed is anybody's again: nothing can hang on such an account.
        removed += await db.Users.Where(user => user.ConfirmationHash != null && user.ConfirmBefore <= instant).ExecuteDeleteAsync();

        // A spent token is kept until it would have expired: as long as it may be presented again, it must be known.
        removed += await db.RefreshTokens.Where(token => token.ExpiresAt <= instant).ExecuteDeleteAsync();
        removed += await db.RefreshFamilies.Where(family => !db.RefreshTokens.Any(token => token.FamilyId == family.Id))
            .ExecuteDeleteAsync();
        removed += await db.EndedAdmissions.Where(admission => admission.KeptUntil <= instant).ExecuteDeleteAsync();
        removed += await db.KeptReplies.Where(reply => reply.ExpiresAt <= instant).ExecuteDeleteAsync();
        return removed;
    });

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await RemoveExpiredAsync();
            }
            catch (Exception failure) when (failure is not OperationCanceledException)
            {
                LogFailed(logger, failure);
            }
        }
    }

    [LoggerMessage(EventId = 1, EventName = "HousekeepingFailed", Level = LogLevel.Warning,
        Message = "What has expired could not be removed; the next hour tries again.")]
    private static partial void LogFailed(ILogger logger, Exception failure);
}
