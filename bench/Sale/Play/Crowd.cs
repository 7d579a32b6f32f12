using OrleansLimiter.SaleBench.Http;

namespace OrleansLimiter.SaleBench.Play;

/// <summary>All who rush at a sale: people, and perhaps bots.</summary>
internal sealed class Crowd
{
    private readonly Rush _rush;
    private readonly Bot[] _bots;
    private readonly int _wants;

    /// <summary>Gathers them; nobody has come yet.</summary>
    /// <param name="rush">The sale, as people reach it.</param>
    /// <param name="people">Their accounts.</param>
    /// <param name="wants">Each wants 1 to so many tickets, a bot each time.</param>
    /// <param name="seed">Of who wants what.</param>
    /// <param name="bots">The bots' accounts, how they reach the sale, and their rate; null: there are none.</param>
    public Crowd(Rush rush, IReadOnlyList<Account> people, int wants, int seed,
        (IReadOnlyList<Account> Accounts, Rush Rush, int PerSecond)? bots = null)
    {
        _rush = rush;
        _wants = wants;
        People = [.. people.Select((account, i) => new Buyer(i, account, rush, PeoplesAnswers, wants, seed))];
        _bots = bots is not { } those
            ? []
            : [.. those.Accounts.Select((account, i) => new Bot(i, account, those.Rush, BotsAnswers, those.PerSecond, wants, seed))];
    }

    /// <summary>The people.</summary>
    public IReadOnlyList<Buyer> People { get; }

    /// <summary>What the people were answered.</summary>
    public Tally PeoplesAnswers { get; } = new();

    /// <summary>What the bots were answered.</summary>
    public Tally BotsAnswers { get; } = new();

    /// <summary>
    /// How long people waited from when they came, or from the opening if that was later, until it was their turn; of those who had one.
    /// </summary>
    public IEnumerable<long> PeoplesWaits => People.Select(one => one.Journal).Where(one => one.LetThrough is not null)
        .Select(one => Math.Max(0, one.LetThrough!.Value - Math.Max(one.Came!.Value, _rush.OpensAt)));

    /// <summary>How many bots were ever let in.</summary>
    public int BotsLetIn => _bots.Count(one => one.HadTurn);

    /// <summary>How many people were ever let in.</summary>
    public int PeopleLetIn => People.Count(one => one.Journal.LetThrough is not null);

    /// <summary>The tickets of each person who has any.</summary>
    public IReadOnlyCollection<IReadOnlyList<Guid>> PeoplesTickets =>
        [.. People.Select(one => one.Tickets).Where(tickets => tickets.Count > 0)];

    /// <summary>The tickets of each bot that has any.</summary>
    public IReadOnlyCollection<IReadOnlyList<Guid>> BotsTickets =>
        [.. _bots.Select(one => one.Tickets).Where(tickets => tickets.Count > 0)];

    /// <summary>
    /// The most tickets that bots may have bought with requests whose answers did not come or said 5xx: unlike people they never ask again
    /// under the same key.
    /// </summary>
    public long MostUnseen => _wants * BotsAnswers.Of(AnswerKind.Failed);

    /// <summary>Lets them come, all at once; comes back when every person has a receipt or knows that there are no tickets.</summary>
    /// <param name="cancellation">Ends it before.</param>
    /// <returns>How long it took.</returns>
    public async Task<TimeSpan> RunAsync(CancellationToken cancellation)
    {
        var from = Clock.Now;
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var bots = Array.ConvertAll(_bots, bot => Task.Run(() => bot.RunAsync(over.Token), CancellationToken.None));
        try
        {
            await Task.WhenAll(People.Select(one => Task.Run(() => one.RunAsync(cancellation), cancellation)));
        }
        finally
        {
            await over.CancelAsync();
            await Task.WhenAll(bots);
        }

        return TimeSpan.FromMicroseconds(Clock.Now - from);
    }
}
