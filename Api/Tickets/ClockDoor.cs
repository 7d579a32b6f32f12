using OrleansLimiter.Api.Data;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Api.Tickets;

/// <summary>A door that goes by the clock alone: a sale sells to everybody from its opening to its end. Safe for use by many threads.</summary>
internal sealed class ClockDoor(TimeProvider time) : ISaleDoor
{
    /// <inheritdoc />
    public string PhaseOf(Sale sale)
    {
        var now = Instant.From(time.GetUtcNow());
        if (sale.ClosesAt is { } end && now >= end)
            return SalePhase.Closed;
        if (sale.Sold == sale.Total)
            return SalePhase.SoldOut;
        return now < sale.OpensAt ? SalePhase.Scheduled : SalePhase.Open;
    }

    /// <inheritdoc />
    public ValueTask<DoorAnswer> AskAsync(HttpContext context, Sale sale) => ValueTask.FromResult(PhaseOf(sale) switch
    {
        SalePhase.Closed => DoorAnswer.Refused(PurchaseProblems.Closed),
        SalePhase.Scheduled => DoorAnswer.Refused(PurchaseProblems.NotOpen(sale)),
        _ => DoorAnswer.Admitted(),
    });

    /// <inheritdoc />
    public ValueTask LeaveAsync(Sale sale, Guid userId, string? admissionId, bool hasBought) => ValueTask.CompletedTask;
}
