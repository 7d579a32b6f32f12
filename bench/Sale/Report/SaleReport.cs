using OrleansLimiter.SaleBench.Check;
using OrleansLimiter.SaleBench.Http;
using OrleansLimiter.SaleBench.Play;

namespace OrleansLimiter.SaleBench.Report;

/// <summary>Holds a sale that was played against what must be so.</summary>
internal static class SaleReport
{
    /// <summary>Checks tickets and answers.</summary>
    /// <param name="verdict">Where to what is found goes.</param>
    /// <param name="crowd">Who played.</param>
    /// <param name="before">The sale when nobody had come.</param>
    /// <param name="after">The sale when all was over.</param>
    /// <param name="maxPerUser">The most tickets of a user.</param>
    /// <param name="allowsFaults">Whether answers 503 and no answers at all are to be expected.</param>
    public static void Add(Verdict verdict, Crowd crowd, SaleInfo before, SaleInfo after, int maxPerUser, bool allowsFaults)
    {
        var books = Books.Of([.. crowd.PeoplesTickets, .. crowd.BotsTickets], before, after);
        verdict.Check(books.Missing >= 0 && books.Missing <= crowd.MostUnseen && books.Twice == 0,
            $"{books.Sold} of {before.Available} tickets are on receipts and {after.Available} are left: {books.Missing} missing (at most "
            + $"{crowd.MostUnseen} are on receipts that bots did not wait for), {books.Twice} on two receipts");
        var without = crowd.People.Count(one => one.Tickets.Count == 0);
        verdict.Check(after.Available == 0 || without == 0,
            $"{crowd.People.Count - without} of {crowd.People.Count} people have tickets; nobody went without while there were any");
        verdict.Check(books.Most <= maxPerUser, $"nobody has more than {maxPerUser} tickets; the most is {books.Most}");
        foreach (var (who, tally) in new[] { ("people", crowd.PeoplesAnswers), ("bots", crowd.BotsAnswers) })
        {
            var failures = tally.All(kind => kind == AnswerKind.Failed);
            var bad = allowsFaults ? failures.Where(one => !IsOfFault(one.Key)) : failures;
            if (who == "people" || crowd.BotsAnswers.All().Count > 0)
                verdict.Check(!bad.Any() && tally.Of(AnswerKind.Unexpected) == 0,
                    $"5xx and no answers to {who}: {Listed(failures)}; unforeseen answers: "
                    + $"{Listed(tally.All(kind => kind == AnswerKind.Unexpected))}");
            if (tally.Of(AnswerKind.Busy) is var busy and > 0)
                verdict.Tell($"{busy} times the database had no time for what {who} asked: 503 at once, and nothing was begun");
            verdict.Tell($"answers to {who}: {Listed(tally.All())}");
        }

        verdict.Tell($"waits until the turn, p50 / p90 / p99 / max: {Waits.Of(crowd.PeoplesWaits)}");
    }

    /// <summary>Checks the order of the line.</summary>
    public static void AddOrder(Verdict verdict, Crowd crowd, DrawInfo draw, string? seedHashBefore, long stale)
    {
        var order = LineOrder.TryCreate(seedHashBefore, draw, out var error);
        verdict.Check(order is not null, $"the draw is as it was published: {error ?? $"{order!.Drawn} places took part"}");
        if (order is null)
            return;
        var people = crowd.People.Select(one => one.Journal).ToArray();
        var line = LineCheck.Of(people, order, stale);
        verdict.Check(people.All(one => one.LostInTime == 0),
            $"nobody lost a place that was asked for in time: {people.Count(one => one.LostInTime > 0)} did; "
            + $"{people.Count(one => one.WasLate)} were heard so late, the machine being busy, that they may have lost theirs, and are "
            + $"compared no further");
        verdict.Check(line.Grown == 0,
            $"no position told grew: {line.Grown} did, of {people.Sum(one => one.Tellings.Count)} told to "
            + $"{people.Count(one => one.Tellings.Count > 0)} people");
        verdict.Check(line.Contradicted == 0, $"no position told contradicts the places: {line.Contradicted} do");
        verdict.Check(line.Overtaken == 0,
            $"nobody was let through before somebody in front: {line.Overtaken} were, of {line.Compared} who can be compared");
    }

    private static bool IsOfFault(string name) =>
        name.StartsWith("503", StringComparison.Ordinal) || name.StartsWith("no answer", StringComparison.Ordinal);

    private static string Listed(IReadOnlyList<KeyValuePair<string, long>> counts) =>
        counts.Count == 0 ? "none" : string.Join(", ", counts.Select(one => $"{one.Value} x {one.Key}"));
}
