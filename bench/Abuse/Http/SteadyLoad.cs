using System.Diagnostics;
using OrleansLimiter.AbuseBench.Report;

namespace OrleansLimiter.AbuseBench.Http;

/// <summary>Other people: requests at a steady rate, each sent when it is due, whatever became of the ones before.</summary>
internal static class SteadyLoad
{
    /// <summary>Asks until the time is over, and waits for the last answers.</summary>
    /// <param name="perSecond">How often.</param>
    /// <param name="duration">How long.</param>
    /// <param name="ask">The request of this number, from 0.</param>
    /// <param name="cancellation">Ends it early.</param>
    public static async Task<Outcomes> RunAsync(
        double perSecond, TimeSpan duration, Func<int, Task<Answer>> ask, CancellationToken cancellation)
    {
        var outcomes = new Outcomes();
        var asked = new List<Task>();
        var began = Stopwatch.GetTimestamp();
        var count = (int)(perSecond * duration.TotalSeconds);
        for (var i = 0; i < count; i++)
        {
            var early = TimeSpan.FromSeconds(i / perSecond) - Stopwatch.GetElapsedTime(began);
            if (early > TimeSpan.Zero)
                await Task.Delay(early, cancellation);
            asked.Add(AddAsync(i));
        }

        await Task.WhenAll(asked);
        return outcomes;

        async Task AddAsync(int number) => outcomes.Add(await ask(number));
    }
}
