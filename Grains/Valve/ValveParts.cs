using Microsoft.Extensions.Logging;
using Orleans.Storage;
using OrleansLimiter.Valve;

namespace OrleansLimiter.Grains.Valve;

/// <summary>What all valves of a silo share. Safe for many threads.</summary>
/// <param name="Options">The settings.</param>
/// <param name="Clock">The time of the valves.</param>
/// <param name="Time">The clock of the pauses between batches.</param>
/// <param name="Storage">Where valves are stored; null for nowhere: then there are none.</param>
/// <param name="Logger">Where failures of storage are told.</param>
internal sealed record ValveParts(QueueValveOptions Options, ValveClock Clock, TimeProvider Time, IGrainStorage? Storage, ILogger Logger);
