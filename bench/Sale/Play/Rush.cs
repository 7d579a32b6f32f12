using OrleansLimiter.SaleBench.Http;

namespace OrleansLimiter.SaleBench.Play;

/// <summary>A sale that people rush at: what all of them share.</summary>
/// <param name="Service">The service.</param>
/// <param name="Sale">The sale.</param>
/// <param name="Seats">The tickets.</param>
/// <param name="Over">Ends when the sale's page shows to everybody that all is sold: who waits need not wait to be told.</param>
internal sealed record Rush(SaleService Service, SaleInfo Sale, SeatMap Seats, TaskCompletionSource Over)
{
    /// <summary>
    /// Of how many people one looks up the number of the place, by which the order can be checked: each look-up is a request more.
    /// </summary>
    public int PlaceOfOneIn { get; init; } = 1;

    /// <summary>When the sale opens, or opened.</summary>
    public long OpensAt { get; } = Clock.Of(Sale.OpensAt);

    /// <summary>Prepares a rush.</summary>
    public static async Task<Rush> PrepareAsync(SaleService service, SaleInfo sale, CancellationToken cancellation)
    {
        var seats = new SeatMap(service, sale.Id);
        await seats.RefreshAsync(cancellation);
        return new Rush(service, sale, seats, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
    }
}
