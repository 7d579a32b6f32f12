using OrleansLimiter.AbuseBench.Report;

namespace OrleansLimiter.AbuseBench.Http;

/// <summary>Attackers: so many at once, each asking again as soon as it was answered.</summary>
internal static class Crowd
{
    // Who is turned away at once would otherwise be this program's whole work.
    private static readonly TimeSpan PauseAfterNone = TimeSpan.FromMilliseconds(20);

    /// <summary>Asks until it is cancelled.</summary>
    /// <param name="atOnce">How many ask at a time.</param>
    /// <param name="ask">The request of this attacker, from 0, and this number, from 0.</param>
    /// <param name="cancellation">Ends it; what is under way then does not count.</param>
    public static async Task<Outcomes> RunAsync(int atOnce, Func<int, int, Task<Answer>> ask, CancellationToken cancellation)
    {
        var outcomes = new Outcomes();
        await Task.WhenAll(Enumerable.Range(0, atOnce).Select(AskAsync));
        return outcomes;

        async Task AskAsync(int attacker)
        {
            try
            {
                for (var i = 0; !cancellation.IsCancellationRequested; i++)
                {
                    var answer = await ask(attacker, i);
                    outcomes.Add(answer);
                    if (answer.Status == 0)
                        await Task.Delay(PauseAfterNone, cancellation);
                }
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                // The attack is over.
            }
        }
    }
}
