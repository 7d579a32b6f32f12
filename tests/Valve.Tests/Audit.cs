using OrleansLimiter.Valve.Records;

namespace OrleansLimiter.Valve.Tests;

/// <summary>Reads from a sale's records whether the caps and the order were kept, at every instant.</summary>
internal static class Audit
{
    /// <summary>What is wrong with the records; null for nothing. Of a valve that crashed, a turn may be seen to be over late.</summary>
    public static string? Of(ValveSpec spec, DrawSeed seed, IReadOnlyList<ValveRecord> records, bool crashed = false)
    {
        var line = new List<(long Place, UserId User)>();
        var inCheckout = new Dictionary<long, (long Expiry, UserId User)>();
        var admitted = new List<long>();
        var drawn = false;
        foreach (var record in records)
        {
            var at = record.At.Microseconds;
            switch (record.Kind)
            {
                case ValveRecordKind.Joined:
                    if (line.Exists(place => place.User == record.User) || inCheckout.Values.Any(turn => turn.User == record.User))
                        return $"{record}: a second place";
                    line.Add((record.Place, record.User));
                    break;
                case ValveRecordKind.Drawn:
                    PlaceRun[] all = [.. line.Select(place => new PlaceRun(place.Place, place.Place))];
                    var order = Draw.Order(seed, all, Draw.HashOf(all));
                    line = [.. order.Select(number => line.Find(place => place.Place == number))];
                    drawn = true;
                    break;
                case ValveRecordKind.Admitted:
                    if (!drawn || line.Count == 0 || line[0].Place != record.Place)
                        return $"{record}: overtook somebody";
                    inCheckout[record.Place] = (record.A, line[0].User);
                    line.RemoveAt(0);
                    if (inCheckout.Count > spec.Rates.Checkout)
                        return $"{record}: {inCheckout.Count} in checkout";
                    admitted.Add(at);
                    if (admitted.Count > spec.Rates.Admissions
                        && at - admitted[^(spec.Rates.Admissions + 1)] < spec.Rates.WindowMicroseconds)
                        return $"{record}: too many in a window";
                    break;
                case ValveRecordKind.Ended when record.A == (long)PlaceEnding.NoShow:
                    if (!inCheckout.Remove(record.Place, out var turn) || at < turn.Expiry || (at > turn.Expiry && !crashed))
                        return $"{record}: ended at {at}, not {turn.Expiry}";
                    break;
                case ValveRecordKind.Ended:
                    inCheckout.Remove(record.Place);
                    line.RemoveAll(place => place.Place == record.Place);
                    break;
            }
        }

        return null;
    }
}
