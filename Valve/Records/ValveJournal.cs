using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Valve.Records;

/// <summary>Numbers a valve's records and keeps those that are not stored yet. Owned by one valve.</summary>
/// <param name="last">The number of the last record there is; all up to it are stored.</param>
internal sealed class ValveJournal(long last)
{
    private readonly Queue<(ValveRecord Record, int Slot, long Shift)> _unstored = [];
    private long _shift;
    private long _taken = last;

    /// <summary>The number of the last record.</summary>
    public long Last { get; private set; } = last;

    /// <summary>How many are not stored.</summary>
    public int Unstored => _unstored.Count;

    /// <summary>
    /// When the oldest record that is not stored was made, in microseconds; with none, the latest time that adding to does not overflow.
    /// </summary>
    public long OldestUnstoredAt =>
        _unstored.TryPeek(out var oldest) ? oldest.Record.At.Microseconds + _shift - oldest.Shift : Instant.MaxMicroseconds;

    /// <summary>Adds a record about what is in a slot; -1 for no slot.</summary>
    public void Add(ValveRecordKind kind, long at, long place, UserId user, long a, long b, int slot) =>
        _unstored.Enqueue((new ValveRecord(++Last, kind, new Instant(at), place, user, a, b), slot, _shift));

    /// <summary>Goes on by a clock that was set. Records keep the instants that they were made at.</summary>
    public void Shift(long by) => _shift += by;

    /// <summary>Copies the records that were not taken before.</summary>
    public void Take(ICollection<ValveRecord> records)
    {
        if (_taken == Last)
            return;
        foreach (var (record, _, _) in _unstored)
        {
            if (record.Number > _taken)
                records.Add(record);
        }

        _taken = Last;
    }

    /// <summary>Goes on to the next record that is stored, of those up to a number.</summary>
    public bool TryNextStored(long upTo, out ValveRecord record, out int slot)
    {
        if (!_unstored.TryPeek(out var first) || first.Record.Number > upTo)
        {
            (record, slot) = (default, -1);
            return false;
        }

        (record, slot, _) = _unstored.Dequeue();
        _taken = Math.Max(_taken, record.Number);
        return true;
    }
}
