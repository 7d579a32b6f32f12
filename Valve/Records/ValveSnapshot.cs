using OrleansLimiter.Core.Limits;
using OrleansLimiter.Valve.Line;

namespace OrleansLimiter.Valve.Records;

/// <summary>
/// Writes all that a valve knows as records: the valve as a whole first, then who took part in the draw, who is in checkout, and the line.
/// </summary>
internal static class ValveSnapshot
{
    public static List<ValveRecord> Of(ValveState state, long number, Instant at)
    {
        var (rates, pace, counts) = (state.Rates, state.Pace, state.Counts);
        var records = new List<ValveRecord>(state.Places.Count + 32);
        Add(StartRecord.KindOf(state.IsBound), user: StartRecord.UserOf(state.Seed), a: StartRecord.AOf(state.Seed),
            b: StartRecord.BOf(state.Seed));
        Add(ValveRecordKind.Head, place: state.LastPlace, a: state.IsDrawn ? 1 : 0);
        Add(ValveRecordKind.Rates, place: rates.Checkout, a: rates.Admissions, b: rates.WindowMicroseconds);
        Add(ValveRecordKind.Pace, place: state.AverageTurn, a: pace.Whole, b: pace.Rest);
        foreach (var (kind, count) in CountsOf(counts))
            Add(ValveRecordKind.Count, a: kind, b: count);
        if (state.IsPaused)
            Add(ValveRecordKind.Paused);
        if (state.IsSoldOut)
            Add(ValveRecordKind.SoldOut);
        if (state.IsClosed)
            Add(ValveRecordKind.Closed);
        foreach (var run in state.Drawn)
            Add(ValveRecordKind.Drew, a: run.First, b: run.Last);
        foreach (var slot in state.Turns())
            Add(ValveRecordKind.InCheckout, state.Places[slot].Number, state.Places[slot].User, state.Places[slot].CodeOrExpiry);
        foreach (var slot in state.Line.InOrder())
        {
            if (state.Places[slot].State is PlaceState.Joining or PlaceState.Waiting)
                Add(ValveRecordKind.Standing, state.Places[slot].Number, state.Places[slot].User);
        }

        return records;

        void Add(ValveRecordKind kind, long place = 0, UserId user = default, long a = 0, long b = 0) =>
            records.Add(new ValveRecord(number, kind, at, place, user, a, b));
    }

    /// <summary>The counts, each with the number of its kind.</summary>
    public static IEnumerable<(int Kind, long Count)> CountsOf(ValveCounts counts) =>
        ((ReadOnlySpan<long>)[counts.Joined, counts.Admitted, counts.Left, counts.Died, counts.NoShows, counts.Completed, counts.Abandoned])
            .ToArray().Index();

    /// <summary>The counts after one of them was read.</summary>
    public static ValveCounts With(ValveCounts counts, long kind, long count) => kind switch
    {
        0 => counts with { Joined = count },
        1 => counts with { Admitted = count },
        2 => counts with { Left = count },
        3 => counts with { Died = count },
        4 => counts with { NoShows = count },
        5 => counts with { Completed = count },
        _ => counts with { Abandoned = count },
    };
}
