using System.Globalization;

namespace OrleansLimiter.Grains;

/// <summary>How a silo keeps its keys.</summary>
public sealed class LimitGrainOptions
{
    /// <summary>The name of the grain storage that snapshots go to. Without a provider of that name nothing is stored.</summary>
    public const string StorageName = "limits";

    /// <summary>The default of <see cref="MaxActiveKeys"/>.</summary>
    public const long DefaultMaxActiveKeys = 1_000_000;

    /// <summary>The default of <see cref="SnapshotInterval"/>.</summary>
    public static readonly TimeSpan DefaultSnapshotInterval = TimeSpan.FromSeconds(10);

    /// <summary>The longest <see cref="SnapshotInterval"/>.</summary>
    public static readonly TimeSpan MaxSnapshotInterval = TimeSpan.FromHours(1);

    /// <summary>The most keys that a silo holds at once; a further one is answered with an overloaded fault. At least 1; default 1,000,000.</summary>
    public long MaxActiveKeys { get; set; } = DefaultMaxActiveKeys;

    /// <summary>How long after a change a durable key is stored: what a crash forgets at most. More than 0, at most 1 h; default 10 s.</summary>
    public TimeSpan SnapshotInterval { get; set; } = DefaultSnapshotInterval;

    /// <summary>Refuses numbers out of bounds.</summary>
    internal void Validate()
    {
        if (MaxActiveKeys < 1)
            throw new ArgumentOutOfRangeException(nameof(MaxActiveKeys), MaxActiveKeys.ToString(CultureInfo.InvariantCulture), "MaxActiveKeys must be at least 1.");
        if (SnapshotInterval <= TimeSpan.Zero || SnapshotInterval > MaxSnapshotInterval)
            throw new ArgumentOutOfRangeException(nameof(SnapshotInterval), SnapshotInterval.ToString("c", CultureInfo.InvariantCulture), "SnapshotInterval must be more than 0 and at most 1 hour.");
    }
}
