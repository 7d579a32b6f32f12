namespace OrleansLimiter.Core.Quotas;

/// <summary>
/// How many bytes of keys one holder may have: a tenant, one of the service's own policies, or several of them together. What a holder
/// takes beyond its reserved bytes counts in the quota above it too; the reserved ones nobody else can use up. The count never passes the
/// bound. Safe for many threads; takes no lock.
/// </summary>
/// <param name="max">The most bytes.</param>
/// <param name="parent">The quota that this one is a part of; null for none.</param>
/// <param name="reserved">How many of the bytes are this holder's own and do not count in the parent.</param>
internal sealed class KeyQuota(long max, KeyQuota? parent = null, long reserved = 0)
{
    private long _used;
    private long _roomAt;

    /// <summary>How many bytes are taken.</summary>
    public long Used => Interlocked.Read(ref _used);

    /// <summary>
    /// When it has room again, in microseconds since the Unix epoch, as was found when it was full; 0 where that is not known, or not any
    /// more, because something was given back since. Whoever finds it out sets it: that takes a look at many keys.
    /// </summary>
    public long RoomAt
    {
        get => Volatile.Read(ref _roomAt);
        set => Volatile.Write(ref _roomAt, value);
    }

    /// <summary>Takes bytes, if there is room for them, in the parent too.</summary>
    /// <param name="bytes">How many, at least 0.</param>
    /// <returns>Null if they are taken; else the quota that has no room for them.</returns>
    public KeyQuota? TryTake(long bytes)
    {
        var used = Used;
        while (bytes <= max - used)
        {
            var borrowed = Borrowed(used, used + bytes);
            if (borrowed > 0 && parent?.TryTake(borrowed) is { } full)
                return full;
            var seen = Interlocked.CompareExchange(ref _used, used + bytes, used);
            if (seen == used)
                return null;
            if (borrowed > 0)
                parent?.GiveBack(borrowed);
            used = seen;
        }

        return this;
    }

    /// <summary>Looks whether there is room for bytes, in the parent too. Takes none.</summary>
    /// <param name="bytes">How many, at least 0.</param>
    /// <returns>Null if there is; else the quota that has no room for them.</returns>
    public KeyQuota? FullFor(long bytes)
    {
        var used = Used;
        if (bytes > max - used)
            return this;
        var borrowed = Borrowed(used, used + bytes);
        return borrowed > 0 ? parent?.FullFor(borrowed) : null;
    }

    /// <summary>
    /// Takes bytes that are in use already, whatever the bound says: what they hold must not be lost, and nobody new comes in until as many
    /// are given back.
    /// </summary>
    /// <param name="bytes">How many, at least 0.</param>
    public void Take(long bytes)
    {
        var used = Interlocked.Add(ref _used, bytes);
        if (Borrowed(used - bytes, used) is > 0 and var borrowed)
            parent?.Take(borrowed);
    }

    /// <summary>Gives bytes back.</summary>
    /// <param name="bytes">How many of those taken.</param>
    /// <param name="makesRoom">Whether there is more room than before they were taken (default); false for what was taken a moment ago and
    /// not needed, so that what is known of <see cref="RoomAt"/> stays.</param>
    public void GiveBack(long bytes, bool makesRoom = true)
    {
        var used = Interlocked.Add(ref _used, -bytes);
        if (makesRoom)
            RoomAt = 0;
        if (Borrowed(used, used + bytes) is > 0 and var borrowed)
            parent?.GiveBack(borrowed, makesRoom);
    }

    /// <summary>One of the keys that count here will be whole at an instant: there is room then at the latest.</summary>
    /// <param name="microseconds">The instant, in microseconds since the Unix epoch.</param>
    public void HasRoomAt(long microseconds)
    {
        for (var quota = this; quota is not null; quota = quota.Parent)
        {
            if (quota.RoomAt > microseconds)
                quota.RoomAt = microseconds;
        }
    }

    /// <summary>Whether what is given back here makes room in another quota.</summary>
    /// <param name="other">This one, or one above it; or any other.</param>
    /// <returns>Whether it is this one or one above it.</returns>
    public bool IsWithin(KeyQuota other) => ReferenceEquals(this, other) || parent?.IsWithin(other) == true;

    private KeyQuota? Parent => parent;

    /// <summary>How much more of the parent is needed with more bytes in use.</summary>
    private long Borrowed(long fewer, long more) => Math.Max(0, more - reserved) - Math.Max(0, fewer - reserved);
}
