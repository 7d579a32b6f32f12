namespace OrleansLimiter.Grains;

/// <summary>How many keys a silo holds, and how many it may. Safe for many threads.</summary>
internal sealed class ActiveKeys(long max)
{
    private long _count;

    /// <summary>How many are held.</summary>
    public long Count => Interlocked.Read(ref _count);

    /// <summary>Takes room for one key, if there is some: the count never passes the bound.</summary>
    public bool TryTake()
    {
        var count = Interlocked.Read(ref _count);
        while (count < max)
        {
            var seen = Interlocked.CompareExchange(ref _count, count + 1, count);
            if (seen == count)
                return true;
            count = seen;
        }

        return false;
    }

    /// <summary>Gives the room of one key back.</summary>
    public void GiveBack() => Interlocked.Decrement(ref _count);
}
