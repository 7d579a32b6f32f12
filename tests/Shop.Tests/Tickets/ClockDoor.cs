using Microsoft.AspNetCore.Http;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Shop.Data;
using OrleansLimiter.Shop.Sales;
using OrleansLimiter.Valve;

namespace OrleansLimiter.Shop.Tests.Tickets;

/// <summary>
/// A door that goes by the clock alone, for tests of what is behind it: a sale sells to everybody at once from its opening to its end. Safe
/// for use by many threads.
/// </summary>
internal sealed class ClockDoor(TimeProvider time) : ISaleDoor
{
    /// <inheritdoc />
    public ValueTask<IReadOnlyList<string>> PhasesOfAsync(IReadOnlyList<Sale> sales) => new([.. sales.Select(PhaseOf)]);

    /// <inheritdoc />
    public ValueTask<DoorAnswer> AskAsync(HttpContext context, Sale sale) => new(PhaseOf(sale) switch
    {
        SalePhase.Closed => DoorAnswer.Refused(PurchaseProblems.Closed),
        SalePhase.Scheduled => DoorAnswer.Refused(PurchaseProblems.NotOpen(sale)),
        _ => DoorAnswer.Admitted(),
    });

    /// <inheritdoc />
    public ValueTask LeaveAsync(Admission admission, TurnEnd end) => ValueTask.CompletedTask;

    private string PhaseOf(Sale sale) => SalePhase.Of(sale, Instant.From(time.GetUtcNow()));
}
