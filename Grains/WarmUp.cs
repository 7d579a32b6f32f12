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
        if (silo.Storage.Any is not null)
        {
            // Each goes to another shelf.
            foreach (var window in (TimeSpan[])[TimeSpan.FromMinutes(1), TimeSpan.FromHours(10), TimeSpan.FromDays(10), TimeSpan.FromDays(100)])
                await StoreAsync(silo, SubjectKey.Of(Scope, $"{siloName}-{window}"), window, cancellationToken);
        }

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

    private static async Task StoreAsync(SiloParts silo, SubjectKey key, TimeSpan window, CancellationToken cancellationToken)
    {
        var spec = LimitSpec.Of(Algorithm.TokenBucket, Bandwidth.Of(10, window));
        var state = LimitKey.Fresh(spec, silo.Clock.Now());
        var store = new KeyStore(silo, GrainId.Create(ActorTypes.Limit, key.ToString()));
        if (!await store.TryReadAsync(cancellationToken) || await store.WriteAsync(spec, state) == SaveResult.Failed || await store.ClearAsync() == SaveResult.Failed)
            throw new InvalidOperationException("Snapshots cannot be stored: the log says why.");
    }
}
