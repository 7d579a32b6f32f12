using Microsoft.Extensions.Logging;
using OrleansLimiter.Core.Ports;
using OrleansLimiter.Core.Quotas;

namespace OrleansLimiter.Grains;

/// <summary>What all keys of a silo share: one reference in each activation instead of eight. Safe for many threads.</summary>
/// <param name="Options">The settings.</param>
/// <param name="Clock">The time.</param>
/// <param name="Quotas">How many bytes whose keys may take.</param>
/// <param name="Saves">The keys to be stored.</param>
/// <param name="Catalog">The specs.</param>
/// <param name="Storage">Where snapshots go.</param>
/// <param name="Actors">Which actors count whose keys.</param>
/// <param name="Logger">Where failures of storage are told.</param>
internal sealed record SiloParts(
    LimitGrainOptions Options,
    MonotonicClock Clock,
    TenantQuotas Quotas,
    SaveQueue Saves,
    SpecCatalog Catalog,
    SnapshotStorages Storage,
    ActorsInUse Actors,
    ILogger Logger);
