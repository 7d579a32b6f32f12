namespace OrleansLimiter.Valve.Line;

/// <summary>
/// The order of the line: spots one after the other, and how many of them are still taken before any of them, in a Fenwick tree (P. M.
/// Fenwick, 1994), so that a position costs O(log n) however many leave from the middle. Owned by one valve.
/// </summary>
internal sealed class WaitingLine(PlaceTable places)
{
    private const int Empty = -1;
    private const int FewSpots = 64;

    private int[] _slots = [];
    private int[] _taken = [];
    private int _end;
    private int _front;

    /// <summary>How many spots are taken.</summary>
    public int Count { get; private set; }

    public void Append(int slot)
    {
        if (_end == _slots.Length)
            MakeRoom();
        places[slot].Spot = _end;
        _slots[_end++] = slot;
        Count++;

        // A node of the tree sums the spots from after its parent up to itself.
        var sum = 1;
        for (var child = 1; child < (_end & -_end); child <<= 1)
            sum += _taken[_end - child - 1];
        _taken[_end - 1] = sum;
    }

    /// <summary>Takes a place out of the line, if it is in it.</summary>
    public void Remove(int slot)
    {
        var spot = places[slot].Spot;
        if (spot < 0)
            return;
        places[slot].Spot = -1;
        _slots[spot] = Empty;
        Count--;
        for (var node = spot + 1; node <= _end; node += node & -node)
            _taken[node - 1]--;
    }

    /// <summary>How many spots up to this place's own are taken: its position, 1 for the first.</summary>
    public int PositionOf(int slot)
    {
        var sum = 0;
        for (var node = places[slot].Spot + 1; node > 0; node -= node & -node)
            sum += _taken[node - 1];
        return sum;
    }

    /// <summary>The place whose turn is next. None if nobody waits, or if whoever is next is not stored yet.</summary>
    public bool TryFront(out int slot)
    {
        // What was passed over once has been admitted or is gone, for good.
        for (; _front < _end; _front++)
        {
            slot = _slots[_front];
            if (slot != Empty && places[slot].State is PlaceState.Waiting or PlaceState.Joining)
                return places[slot].State == PlaceState.Waiting;
        }

        slot = Empty;
        return false;
    }

    /// <summary>The places in the line, in order.</summary>
    public IEnumerable<int> InOrder()
    {
        for (var spot = 0; spot < _end; spot++)
        {
            if (_slots[spot] != Empty)
                yield return _slots[spot];
        }
    }

    /// <summary>Starts anew with nobody in it.</summary>
    public void Clear()
    {
        (_slots, _taken) = ([], []);
        (_end, _front, Count) = (0, 0, 0);
    }

    // Either half of the spots are empty and close up, or there are a quarter more of them: amortised, a spot costs a few steps.
    private void MakeRoom()
    {
        var (slots, end) = (_slots, _end);
        var length = Count <= end / 2 ? Math.Max(FewSpots, end) : Math.Max(FewSpots, end + end / 4);
        Clear();
        (_slots, _taken) = (new int[length], new int[length]);
        for (var spot = 0; spot < end; spot++)
        {
            if (slots[spot] != Empty)
                Append(slots[spot]);
        }
    }
}
