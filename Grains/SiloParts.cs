using Microsoft.Extensions.Logging;

namespace OrleansLimiter.Grains;

/// <summary>What all keys of a silo share: one reference in each activation instead of seven. Safe for many threads.</summary>
/// <param name="Options">The settings.</param>
/// <param name="Clock">The time.</param>
/// <param name="Keys">The count of keys.</param>
/// <param name="Saves">The keys to be stored.</param>
/// <param name="Catalog">The specs.</param>
/// <param name="Storage">Where snapshots go.</param>
/// <param name="Logger">Where failures of storage are told.</param>
internal sealed record SiloParts(LimitGrainOptions Options, SiloClock Clock, ActiveKeys Keys, SaveQueue Saves, SpecCatalog Catalog, SnapshotShelves Storage, ILogger Logger);
