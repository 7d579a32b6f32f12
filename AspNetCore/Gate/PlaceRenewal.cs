using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.AspNetCore;

/// <summary>
/// Renews a request's places of concurrency limits for as long as it runs: three times in their time to live, and the first time within a
/// third of a provisional one's, so that one try may
/// fail. A request that ends sooner needs no renewal. Used by one request.
/// </summary>
internal sealed class PlaceRenewal : IAsyncDisposable
{
    private const int TriesInALife = 3;
    private static readonly TimeSpan ShortestPeriod = TimeSpan.FromMilliseconds(10);

    private readonly CancellationTokenSource _ended = new();
    private readonly Task _running;

    private PlaceRenewal(LimitCharge[] places, TimeProvider time) => _running = RunAsync(places, time);

    /// <summary>Begins, where any of the charges holds a place.</summary>
    public static PlaceRenewal? StartFor(List<LimitCharge> charges, TimeProvider time)
    {
        var places = charges.Where(charge => charge.HoldsPlace).ToArray();
        return places.Length == 0 ? null : new PlaceRenewal(places, time);
    }

    /// <summary>Ends: after it nothing is renewed.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ended.Dispose();
    }

    private async Task RunAsync(LimitCharge[] places, TimeProvider time)
    {
        var life = places.Min(place => place.Answer.Spec.Bandwidths[0].Window);
        var first = places.Any(place => place.IsProvisional) && LeaseId.ProvisionalLife < life ? LeaseId.ProvisionalLife : life;
        using var timer = new PeriodicTimer(PeriodOf(first), time);
        while (await timer.WaitForNextTickAsync(_ended.Token))
        {
            foreach (var place in places)
                await place.RenewAsync();
            timer.Period = PeriodOf(life);
        }
    }

    private static TimeSpan PeriodOf(TimeSpan life) => life / TriesInALife > ShortestPeriod ? life / TriesInALife : ShortestPeriod;
}
