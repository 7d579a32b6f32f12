using OrleansLimiter.SaleBench.Play;

namespace OrleansLimiter.SaleBench.Check;

/// <summary>
/// Whether the line kept its order, as far as those in it could see. Instants are widened to what is certain (a request was sent not
/// earlier than it was handed to the client, an answer given not later than it was there), so that whatever is counted did happen. Whoever
/// was late, and so may have lost the first place, is compared no further.
/// </summary>
/// <param name="Grown">How often a person was told a greater position than before.</param>
/// <param name="Contradicted">How often a position that was told contradicts the order of the places: one who was told as great a position,
/// later, stands in front.</param>
/// <param name="Overtaken">How many people were let through while somebody in front of them was still held, on a request sent after they
/// were.</param>
/// <param name="Compared">How many people with a known place, or known to have come later than another, were let through.</param>
internal sealed record LineCheck(int Grown, int Contradicted, int Overtaken, int Compared)
{
    /// <summary>Whether all is in order.</summary>
    public bool IsGood => Grown == 0 && Contradicted == 0 && Overtaken == 0;

    /// <summary>Checks what people saw.</summary>
    /// <param name="people">Their journals.</param>
    /// <param name="order">The order of the places.</param>
    /// <param name="stale">How old what is told may be, in microseconds: 0 where whoever answers owns the line.</param>
    public static LineCheck Of(IReadOnlyCollection<Journal> people, LineOrder order, long stale)
    {
        var grown = people.Sum(one => one.Tellings.Zip(one.Tellings.Skip(1)).Count(pair => pair.Second.Position > pair.First.Position));
        var (overtaken, compared) = Overtakings(people, order, stale);
        return new LineCheck(grown, Contradictions(people, order, stale), overtaken, compared);
    }

    /// <summary>
    /// If one was told p before another asked and was told q, with q at least p, then the one stands in front of the other: positions of
    /// the same instant differ, and nobody's grows.
    /// </summary>
    private static int Contradictions(IReadOnlyCollection<Journal> people, LineOrder order, long stale)
    {
        var tellings = people.Where(one => one.Place is not null)
            .SelectMany(one => one.Tellings.Select(telling => (Telling: telling, Rank: order.RankOf(one.Place!.Value)))).ToArray();
        if (tellings.Length == 0)
            return 0;
        var greatestRank = new PrefixMaximum(tellings.Max(one => one.Telling.Position));
        var answers = tellings.OrderBy(one => one.Telling.Received).GetEnumerator();
        var hasAnswer = answers.MoveNext();
        var count = 0;
        foreach (var (asked, rank) in tellings.OrderBy(one => one.Telling.Sent))
        {
            for (; hasAnswer && answers.Current.Telling.Received + stale < asked.Sent; hasAnswer = answers.MoveNext())
                greatestRank.Add(answers.Current.Telling.Position, answers.Current.Rank);
            if (greatestRank.UpTo(asked.Position) > rank)
                count++;
        }

        return count;
    }

    private static (int Overtaken, int Compared) Overtakings(IReadOnlyCollection<Journal> people, LineOrder order, long stale)
    {
        var (overtaken, compared) = (0, 0);
        var lastHeld = long.MinValue; // of all in front
        foreach (var rank in people.Where(one => one.Place is not null).GroupBy(one => order.RankOf(one.Place!.Value))
            .OrderBy(group => group.Key))
        {
            foreach (var one in rank.Where(one => one is { LetThrough: not null, WasLate: false }))
            {
                compared++;
                if (lastHeld > one.LetThrough + stale)
                    overtaken++;
            }

            lastHeld = Math.Max(lastHeld, rank.Max(one => one.LastHeld ?? long.MinValue));
        }

        // Who was let through without ever being held has no place to compare; everybody who was in line before such a person came stood in
        // front.
        var waiting = people.Where(one => one.FirstHeld is not null).OrderBy(one => one.FirstHeld).ToArray();
        var (next, last) = (0, long.MinValue);
        foreach (var one in people.Where(one => one is { FirstHeld: null, LetThrough: not null }).OrderBy(one => one.Came))
        {
            for (; next < waiting.Length && waiting[next].FirstHeld < one.Came; next++)
                last = Math.Max(last, waiting[next].LastHeld!.Value);
            if (next > 0)
                compared++;
            if (last > one.LetThrough + stale)
                overtaken++;
        }

        return (overtaken, compared);
    }
}
