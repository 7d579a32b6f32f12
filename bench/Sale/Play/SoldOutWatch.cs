using OrleansLimiter.SaleBench.Http;

namespace OrleansLimiter.SaleBench.Play;

/// <summary>Looks at a sale's page while people rush at it; when all is sold, everybody sees it, and who waits goes.</summary>
internal static class SoldOutWatch
{
    private const string SoldOut = "soldOut";
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(0.5);

    /// <summary>Looks until it is cancelled. A service without time for this, or that is being killed, is asked again.</summary>
    /// <param name="service">Connections that the rush does not use.</param>
    /// <param name="rush">The rush.</param>
    /// <param name="told">Hears what the valve told each time; null: nobody.</param>
    /// <param name="end">Ends it.</param>
    public static async Task RunAsync(SaleService service, Rush rush, Action<ValveInfo>? told, CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            try
            {
                var valve = await service.ValveAsync(rush.Sale.Id, end);
                told?.Invoke(valve);
                if (valve.Phase == SoldOut)
                    rush.Over.TrySetResult();
            }
            catch (Exception failure) when (failure is UsageException or TaskCanceledException && !end.IsCancellationRequested)
            {
                // Asked again in a moment.
            }

            await Task.Delay(Interval, end);
        }
    }
}
