using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Places;

/// <summary>
/// Renews places of concurrency limits for as long as they are held: three times in their time to live, and the first time within a
/// third of a provisional one's, so that one try may fail. What ends sooner needs no renewal. Used by one holder.
/// </summary>
internal sealed class PlaceRenewal : IAsyncDisposable
{
    private const int TriesInALife = 3;
    private static readonly TimeSpan ShortestPeriod = TimeSpan.FromMilliseconds(10);

    private readonly CancellationTokenSource _ended = new();
    private readonly Task _running;

    private PlaceRenewal(HeldPlace[] places, TimeProvider time, WeakReference? holder)
    {
        if (holder is null)
        {
            _running = RunAsync(places, time, holder);
            return;
        }

        // The timer would keep the caller's context, and with it perhaps the holder.
        using (ExecutionContext.SuppressFlow())
            _running = RunAsync(places, time, holder);
    }

    /// <summary>Begins, where there are any places.</summary>
    /// <param name="places">The places.</param>
    /// <param name="time">The clock.</param>
    /// <param name="holder">Who holds them: when it is collected, nothing is renewed any more. Null: until this is disposed of.</param>
    public static PlaceRenewal? StartFor(HeldPlace[] places, TimeProvider time, WeakReference? holder = null) =>
        places.Length == 0 ? null : new PlaceRenewal(places, time, holder);

    /// <summary>Ends without waiting for a renewal that is on its way: one that comes after the place was freed finds none.</summary>
    public void Stop() => _ended.Cancel();

    /// <summary>Ends: after it nothing is renewed.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ended.Dispose();
    }

    private async Task RunAsync(HeldPlace[] places, TimeProvider time, WeakReference? holder)
    {
        var life = places.Min(place => place.Life);
        var first = places.Any(place => place.Name.IsProvisional) && LeaseId.ProvisionalLife < life ? LeaseId.ProvisionalLife : life;
        using var timer = new PeriodicTimer(PeriodOf(first), time);
        while (await timer.WaitForNextTickAsync(_ended.Token).ConfigureAwait(false))
        {
            if (holder is { IsAlive: false })
                return;
            foreach (var place in places)
                await place.RenewAsync().ConfigureAwait(false);
            timer.Period = PeriodOf(life);
        }
    }

    private static TimeSpan PeriodOf(TimeSpan life) => life / TriesInALife > ShortestPeriod ? life / TriesInALife : ShortestPeriod;
}
