namespace OrleansLimiter.Core.Algorithms.SlidingWindowLog;

/// <summary>
/// A key's log as seen at one instant, with at most one change that is not yet written into it: so that deciding changes
/// nothing, and only storing does.
/// </summary>
internal readonly record struct SlidingWindowLogState
{
    /// <summary>The log; null for a key that has none.</summary>
    internal InstantLog? Log { get; init; }

    /// <summary>How many of the oldest entries no longer count.</summary>
    internal int Expired { get; init; }

    /// <summary>The permits of the entries that count, before the change.</summary>
    internal long Live { get; init; }

    /// <summary>Permits to add at <see cref="AddedAt"/>.</summary>
    internal long Added { get; init; }

    internal long AddedAt { get; init; }

    /// <summary>Permits to take from the newest entries.</summary>
    internal long Removed { get; init; }

    /// <summary>The permits that count, after the change.</summary>
    internal long Used => Live + Added - Removed;

    /// <summary>The instant of the newest entry; the lowest number there is if there is none.</summary>
    internal long Newest => Log is { Count: > 0 } ? Log[Log.Count - 1].Instant : long.MinValue;
}
