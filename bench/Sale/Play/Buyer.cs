using System.Globalization;
using OrleansLimiter.SaleBench.Http;

namespace OrleansLimiter.SaleBench.Play;

/// <summary>
/// A person who wants tickets and behaves: sends the purchase, waits as long as told, sends it again; one request at a time. Tickets are
/// picked anew for each request, but for one that was not answered or failed, which is sent again as it was and under the same key.
/// </summary>
internal sealed class Buyer(int number, Account account, Rush rush, Tally tally, int wants, int seed)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly Random _random = new(HashCode.Combine(seed, number));
    private readonly List<Guid> _tickets = [];
    private readonly int _number = number;
    private int _frontEnd = number;
    private int _keys;

    /// <summary>Who it is.</summary>
    public Account Account => account;

    /// <summary>What the buyer saw.</summary>
    public Journal Journal { get; } = new();

    /// <summary>The tickets of the buyer's receipt.</summary>
    public IReadOnlyList<Guid> Tickets => _tickets;

    /// <summary>Whether the buyer has nothing more to do: there is a receipt, or there are no tickets.</summary>
    public bool IsDone { get; private set; }

    /// <summary>Buys, or learns that all is sold.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        var (tickets, key) = Pick();
        while (!IsDone)
        {
            var answer = await rush.Service.PayAsync(_frontEnd, account, tickets, key, cancellation);
            Note(answer);
            switch (answer.Kind)
            {
                case AnswerKind.Bought:
                    _tickets.AddRange(answer.Tickets);
                    rush.Seats.Remove(answer.Tickets);
                    IsDone = true;
                    break;
                case AnswerKind.Over or AnswerKind.TicketLimit or AnswerKind.Unexpected:
                    IsDone = true;
                    break;
                case AnswerKind.Failed or AnswerKind.Running or AnswerKind.Busy:
                    _frontEnd++;
                    await Task.Delay(answer.RetryAfter ?? Pause, cancellation);
                    break;
                case AnswerKind.TicketGone:
                    rush.Seats.Remove(tickets);
                    await rush.Seats.RefreshAsync(cancellation);
                    if (rush.Seats.IsEmpty)
                        // what is held comes back or is sold; each try costs one of a user's few permits
                        await Task.Delay(Pause, cancellation);
                    (tickets, key) = Pick();
                    break;
                default:
                    await WaitAsync(answer, cancellation);
                    (tickets, key) = Pick();
                    break;
            }
        }
    }

    /// <summary>
    /// Waits as long as told, or until the page shows that all is sold; whoever is in line for the first time looks up the number of the
    /// place, by which the order can be checked.
    /// </summary>
    private async Task WaitAsync(Answer answer, CancellationToken cancellation)
    {
        var wait = answer.RetryAfter ?? Pause;
        if (answer.Kind == AnswerKind.Held && Journal is { Place: null, WasLate: false } && _number % rush.PlaceOfOneIn == 0)
        {
            var place = await rush.Service.PollAsync(_frontEnd, account, rush.Sale.Id, cancellation);
            Note(place);
            wait = place.Kind == AnswerKind.Turn ? TimeSpan.Zero : place.RetryAfter ?? wait;
        }

        await Task.WhenAny(Task.Delay(wait, cancellation), rush.Over.Task);
        cancellation.ThrowIfCancellationRequested();
        IsDone = rush.Over.Task.IsCompleted;
    }

    private (Guid[] Tickets, string Key) Pick() =>
        (rush.Seats.Pick(_random, _random.Next(1, wants + 1)), string.Create(CultureInfo.InvariantCulture, $"{rush.Sale.Id:N}-{_keys++}"));

    private void Note(in Answer answer)
    {
        tally.Count(answer);
        Journal.Note(answer);
    }
}
