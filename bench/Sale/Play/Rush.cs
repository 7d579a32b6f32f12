using OrleansLimiter.SaleBench.Http;

namespace OrleansLimiter.SaleBench.Play;

/// <summary>A sale that people rush at: what all of them share.</summary>
/// <param name="Service">The service.</param>
/// <param name="Sale">The sale.</param>
/// <param name="Seats">The tickets.</param>
internal sealed record Rush(SaleService Service, SaleInfo Sale, SeatMap Seats)
{
    /// <summary>When the sale opens, or opened.</summary>
    public long OpensAt { get; } = Clock.Of(Sale.OpensAt);

    /// <summary>Prepares a rush.</summary>
    public static async Task<Rush> PrepareAsync(SaleService service, SaleInfo sale, CancellationToken cancellation)
    {
        var seats = new SeatMap(service, sale.Id);
        await seats.RefreshAsync(cancellation);
        return new Rush(service, sale, seats);
    }
}
