using Microsoft.EntityFrameworkCore;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Shop.Data;

namespace OrleansLimiter.Shop.Payments;

/// <summary>
/// A gateway that moves no money: its ledger is in the service's database, written in transactions of its own, as another party's would be.
/// The usual test numbers decide what happens. Safe for use by many threads and front ends.
/// </summary>
internal sealed class SandboxGateway(Transactions transactions, TimeProvider time) : IPaymentGateway
{
    /// <summary>A card that is declined. One that is neither of the two pays, such as 4242 4242 4242 4242.</summary>
    public const string DeclinedCard = "4000000000000002";

    /// <summary>A card whose charge fails for a technical reason.</summary>
    public const string FailingCard = "4000000000000119";

    public async Task<ChargeResult> ChargeAsync(PaymentIntent intent, CardNumber card, CancellationToken cancellationToken)
    {
        if (card.Digits == FailingCard)
            return ChargeResult.Failed;
        var wanted = card.Digits == DeclinedCard ? LedgerStatus.Declined : LedgerStatus.Charged;
        return await WriteAsync(intent.Id, wanted, intent.Amount, intent.Currency, card.Last4) switch
        {
            LedgerStatus.Charged => ChargeResult.Charged,
            LedgerStatus.Declined => ChargeResult.Declined,
            _ => ChargeResult.Failed,
        };
    }

    public async Task<IntentState> CloseAsync(Guid intentId, CancellationToken cancellationToken) =>
        await WriteAsync(intentId, LedgerStatus.Closed, 0, string.Empty, string.Empty) switch
        {
            LedgerStatus.Charged => IntentState.Charged,
            LedgerStatus.Refunded => IntentState.Refunded,
            _ => IntentState.NotCharged,
        };

    public Task RefundAsync(Guid intentId, CancellationToken cancellationToken) => transactions.FinishAsync<int>(async db =>
        await db.Ledger.Where(entry => entry.IntentId == intentId && entry.Status == LedgerStatus.Charged)
            .ExecuteUpdateAsync(set => set.SetProperty(entry => entry.Status, LedgerStatus.Refunded)));

    /// <summary>Writes an intent's line unless it has one, and says what its line says.</summary>
    private Task<LedgerStatus> WriteAsync(Guid intent, LedgerStatus status, long amount, string currency, string last4) =>
        transactions.FinishAsync<LedgerStatus>(async db =>
    {
        await db.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO "SandboxLedger" ("IntentId", "Status", "Amount", "Currency", "CardLast4", "At")
            VALUES ({intent}, {(int)status}, {amount}, {currency}, {last4}, {Instant.From(time.GetUtcNow()).Microseconds})
            ON CONFLICT ("IntentId") DO NOTHING
            """);
        return await db.Ledger.Where(entry => entry.IntentId == intent).Select(entry => entry.Status).SingleAsync();
    });
}
