using Orleans.Storage;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Grains;

/// <summary>The storages that a silo has for snapshots. Immutable.</summary>
/// <param name="longest">The one that keeps records for as long as any key needs; null where nothing is stored.</param>
/// <param name="expiring">Those that keep them for less, shortest first.</param>
internal sealed class SnapshotStorages(IGrainStorage? longest, IReadOnlyList<(TimeSpan Horizon, IGrainStorage Storage)> expiring)
{
    /// <summary>Where records are read, wherever they were written; null where nothing is stored.</summary>
    public IGrainStorage? Any => longest;

    /// <summary>Where a key's record is written: it outlives what the key remembers.</summary>
    public IGrainStorage For(LimitSpec spec)
    {
        var horizon = KeyDurability.HorizonOf(spec);
        foreach (var storage in expiring)
        {
            if (horizon <= storage.Horizon)
                return storage.Storage;
        }

        return longest!;
    }
}
