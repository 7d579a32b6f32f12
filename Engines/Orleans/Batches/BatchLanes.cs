using Orleans.Metadata;
using OrleansLimiter.Batches;
using OrleansLimiter.Core.Collections;
using OrleansLimiter.Grains;

namespace OrleansLimiter.Engines.Orleans.Batches;

/// <summary>
/// The lanes to a cluster's silos, by the numbers that replies name them with. A silo that is unknown, or of a build that takes no batches,
/// has none. Safe for many threads.
/// </summary>
internal sealed class BatchLanes(ReachedCluster cluster, ActorCalls calls, BatchSettings settings, TimeProvider time)
{
    private readonly Lock _gate = new();

    // As many as there are silos: replaced as a whole, and read without the lock.
    private volatile Dictionary<uint, BatchLane> _lanes = [];

    public BatchSettings Settings => settings;

    public TimeProvider Time => time;

    public ActorCalls Calls => calls;

    /// <summary>Calls to use again.</summary>
    public IdlePool<BatchedCall> Idle { get; } = BatchedCall.NewPool();

    /// <summary>The lane to a silo.</summary>
    /// <param name="number">The silo's number; 0 for one that is not known.</param>
    /// <returns>None where its keys are to be asked alone.</returns>
    public BatchLane? To(ulong number)
    {
        if (number == 0)
            return null;
        return _lanes.TryGetValue((uint)number, out var lane) && !lane.IsClosed ? lane : Open((uint)number);
    }

    /// <summary>The silos have changed: those that are gone get no batches any more.</summary>
    public void Keep(ClusterManifest types)
    {
        HashSet<uint> known = [.. types.Silos.Keys.Select(BatchingSilos.NumberOf)];
        List<BatchLane> gone = [];
        lock (_gate)
        {
            var kept = new Dictionary<uint, BatchLane>();
            foreach (var (number, lane) in _lanes)
            {
                if (known.Contains(number))
                    kept.Add(number, lane);
                else
                    gone.Add(lane);
            }

            _lanes = kept;
        }

        foreach (var lane in gone)
            lane.Close();
    }

    private BatchLane? Open(uint number)
    {
        if (cluster.Types?.Current is not { } types)
            return null;
        lock (_gate)
        {
            if (_lanes.TryGetValue(number, out var lane) && (!lane.IsClosed || time.GetElapsedTime(lane.ClosedAt) < settings.Pause))
                return lane.IsClosed ? null : lane;
            foreach (var (silo, manifest) in types.Silos)
            {
                if (BatchingSilos.NumberOf(silo) != number || !BatchingSilos.Takes(manifest))
                    continue;
                if (TryFind(silo) is not { } batches)
                    return null;
                lane = new BatchLane(this, batches, number);
                _lanes = new Dictionary<uint, BatchLane>(_lanes) { [number] = lane };
                return lane;
            }
        }

        return null;
    }

    /// <summary>The service in a silo; none where the client has been stopped, which whoever asks an actor hears too.</summary>
    private ILimitBatches? TryFind(SiloAddress silo)
    {
        try
        {
            return BatchingSilos.At(silo, cluster.Grains);
        }
        catch (Exception failure) when (ClusterFaults.Of(failure, CancellationToken.None) is not null)
        {
            return null;
        }
    }
}
