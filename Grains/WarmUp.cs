using Orleans.Storage;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Grains;

/// <summary>
/// What a silo does before it says that it is ready: it stores a record and deletes it, and asks an actor of each algorithm. So a storage that cannot be written
/// keeps a silo from starting, and the first callers do not wait for code to be compiled, which takes longer than they wait.
/// </summary>
internal static class WarmUp
{
    private const int Rounds = 8;

    private static readonly KeyScope Scope = KeyScope.Of(KeyScope.OwnTenant, "health");

    /// <summary>Does it.</summary>
    public static async Task RunAsync(SiloParts silo, IGrainFactory grains, string siloName, CancellationToken cancellationToken)
    {
        if (silo.Storage.Any is { } storage)
            await StoreAsync(storage, SubjectKey.Of(Scope, siloName), silo.Catalog, cancellationToken);
        foreach (var algorithm in Enum.GetValues<Algorithm>())
        {
            // Actors are placed at random, and half of two are this silo's own.
            var spec = LimitSpec.Of(algorithm, Bandwidth.Of(10, TimeSpan.FromSeconds(1)));
            for (var round = 0; round < Rounds; round++)
            {
                var key = SubjectKey.Of(Scope, $"{siloName}-{algorithm}-{round}");
                var request = new LimitRequest(key, spec, Operation.Acquire, Permits.Of(1));
                await grains.GetGrain<ITokenBucketGrain>(key.ToString()).ExecuteAsync(WireMap.ToMessage(request, silo.Catalog), cancellationToken);
            }
        }
    }

    private static async Task StoreAsync(IGrainStorage storage, SubjectKey key, SpecCatalog catalog, CancellationToken cancellationToken)
    {
        var spec = LimitSpec.Of(Algorithm.TokenBucket, Bandwidth.Of(10, TimeSpan.FromMinutes(1)));
        var id = GrainId.Create("ol.limit", key.ToString());
        var record = new GrainState<StoredKey>(WireMap.ToStored(spec, LimitKey.Snapshot(spec, LimitKey.Fresh(spec, default)), catalog));
        var read = new GrainState<StoredKey>(new StoredKey());
        await storage.ReadStateAsync("warm-up", id, read, cancellationToken);
        record.ETag = read.ETag;
        record.RecordExists = read.RecordExists;
        await storage.WriteStateAsync("warm-up", id, record, cancellationToken);
        await storage.ClearStateAsync("warm-up", id, record, cancellationToken);
    }
}
