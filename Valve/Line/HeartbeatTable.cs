namespace OrleansLimiter.Valve.Line;

/// <summary>
/// Until when each waiting place lives, the soonest first: a binary heap in which each place knows where it stands. Owned by one valve.
/// </summary>
internal sealed class HeartbeatTable(PlaceTable places)
{
    private const int Few = 64;

    private long[] _deadlines = [];
    private int[] _slots = [];
    private int _count;

    /// <summary>The soonest deadline; the latest there can be if nobody waits.</summary>
    public long Soonest => _count == 0 ? long.MaxValue : _deadlines[0];

    /// <summary>Whose deadline is the soonest.</summary>
    public int SoonestSlot => _slots[0];

    /// <summary>Sets a place's deadline, sooner or later than the one it had, if it had one.</summary>
    public void Set(int slot, long deadline)
    {
        var spot = places[slot].Beat;
        if (spot < 0)
        {
            if (_count == _slots.Length)
                Grow();
            spot = _count++;
            Up(spot, slot, deadline);
        }
        else if (deadline < _deadlines[spot])
        {
            Up(spot, slot, deadline);
        }
        else
        {
            Down(spot, slot, deadline);
        }
    }

    /// <summary>Removes a place, if it is there.</summary>
    public void Remove(int slot)
    {
        var spot = places[slot].Beat;
        if (spot < 0)
            return;
        places[slot].Beat = -1;
        _count--;
        if (spot == _count)
            return;
        var (last, deadline) = (_slots[_count], _deadlines[_count]);
        if (spot > 0 && deadline < _deadlines[(spot - 1) / 2])
            Up(spot, last, deadline);
        else
            Down(spot, last, deadline);
    }

    public void Clear() => (_deadlines, _slots, _count) = ([], [], 0);

    private void Grow()
    {
        var length = Math.Max(Few, _count + _count / 4);
        Array.Resize(ref _deadlines, length);
        Array.Resize(ref _slots, length);
    }

    private void Up(int spot, int slot, long deadline)
    {
        while (spot > 0)
        {
            var parent = (spot - 1) / 2;
            if (_deadlines[parent] <= deadline)
                break;
            Put(spot, _slots[parent], _deadlines[parent]);
            spot = parent;
        }

        Put(spot, slot, deadline);
    }

    private void Down(int spot, int slot, long deadline)
    {
        while (2 * spot + 1 < _count)
        {
            var child = 2 * spot + 1;
            if (child + 1 < _count && _deadlines[child + 1] < _deadlines[child])
                child++;
            if (_deadlines[child] >= deadline)
                break;
            Put(spot, _slots[child], _deadlines[child]);
            spot = child;
        }

        Put(spot, slot, deadline);
    }

    private void Put(int spot, int slot, long deadline)
    {
        _slots[spot] = slot;
        _deadlines[spot] = deadline;
        places[slot].Beat = spot;
    }
}
