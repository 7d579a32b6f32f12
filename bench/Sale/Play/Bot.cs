using System.Globalization;
using OrleansLimiter.SaleBench.Http;

namespace OrleansLimiter.SaleBench.Play;

/// <summary>
/// An account that a program uses: sends a purchase so many times a second, whatever it is told, and buys as often as it is let. What is
/// not answered yet is not waited for, but for a few requests, so that a slow service is not asked by ever more.
/// </summary>
internal sealed class Bot(int number, Account account, Rush rush, Tally tally, int perSecond, int wants, int seed)
{
    private const int MostUnanswered = 4;

    private readonly Random _random = new(HashCode.Combine(seed, number, perSecond));
    private readonly List<Guid> _tickets = [];
    private bool _hadTurn;
    private readonly Lock _lock = new();
    private int _unanswered;

    /// <summary>The tickets on its receipts.</summary>
    public IReadOnlyList<Guid> Tickets
    {
        get
        {
            lock (_lock)
                return [.. _tickets];
        }
    }

    /// <summary>Whether it was ever let in, whatever came of it.</summary>
    public bool HadTurn => Volatile.Read(ref _hadTurn);

    /// <summary>Buys until it is stopped; comes back when the last request is answered.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        var interval = 1_000_000.0 / perSecond;
        var start = Clock.Now + (long)(_random.NextDouble() * interval);
        var requests = new List<Task>();
        for (var i = 0; !stop.IsCancellationRequested; i++)
        {
            var due = start + (long)(i * interval);
            while (Clock.Now < due && !stop.IsCancellationRequested)
                await Task.Delay(TimeSpan.FromMicroseconds(Math.Max(1_000, due - Clock.Now)), stop)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (stop.IsCancellationRequested || Volatile.Read(ref _unanswered) >= MostUnanswered)
                continue;
            Interlocked.Increment(ref _unanswered);
            requests.RemoveAll(request => request.IsCompletedSuccessfully);
            requests.Add(SendAsync(string.Create(CultureInfo.InvariantCulture, $"{rush.Sale.Id:N}-{i}")));
        }

        await Task.WhenAll(requests);
    }

    private async Task SendAsync(string key)
    {
        var tickets = rush.Seats.Pick(_random, _random.Next(1, wants + 1));
        var answer = await rush.Service.PayAsync(number, account, tickets, key, CancellationToken.None);
        tally.Count(answer);
        if (answer.Kind is AnswerKind.Bought or AnswerKind.TicketGone or AnswerKind.TicketLimit)
            Volatile.Write(ref _hadTurn, true);
        if (answer.Kind is AnswerKind.Bought or AnswerKind.TicketGone)
            rush.Seats.Remove(tickets);
        lock (_lock)
            _tickets.AddRange(answer.Tickets);
        Interlocked.Decrement(ref _unanswered);
    }
}
