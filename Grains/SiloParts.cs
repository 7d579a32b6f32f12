using Microsoft.Extensions.Logging;
using OrleansLimiter.Core.Ports;
using OrleansLimiter.Core.Quotas;
using OrleansLimiter.Grains.Batches;

namespace OrleansLimiter.Grains;

/// <summary>What all keys of a silo share: one reference in each activation instead of ten. Safe for many threads.</summary>
/// <param name="Number">The silo, as replies name it.</param>
/// <param name="Options">The settings.</param>
/// <param name="Clock">The time.</param>
/// <param name="Quotas">How many bytes whose keys may take.</param>
/// <param name="Saves">The keys to be stored.</param>
/// <param name="Catalog">The specs.</param>
/// <param name="Storage">Where snapshots go.</param>
/// <param name="Actors">Which actors count whose keys.</param>
/// <param name="Counting">Where batches find the actors that count here.</param>
/// <param name="Logger">Where failures of storage are told.</param>
internal sealed record SiloParts(
    uint Number,
    LimitGrainOptions Options,
    MonotonicClock Clock,
    TenantQuotas Quotas,
    SaveQueue Saves,
    SpecCatalog Catalog,
    SnapshotStorages Storage,
    ActorsInUse Actors,
    CountingActors Counting,
    ILogger Logger);
