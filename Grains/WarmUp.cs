using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Grains;

/// <summary>
/// What a silo does before it says that it is ready: it stores a record and deletes it, and asks an actor of each algorithm. So a storage
/// that cannot be written keeps a silo from starting, and the first callers do not wait for code to be compiled, which takes longer than
/// they wait.
/// </summary>
internal static class WarmUp
{
    // Actors are placed at random, and half of two are this silo's own.
    private const int Rounds = 8;

    // What its policies' names begin with.
    private const string Policy = "warm-up";

    public static async Task RunAsync(SiloParts silo, IGrainFactory grains, string siloName, CancellationToken cancellationToken)
    {
        if (silo.Storage.Any is not null)
        {
            // Each goes to another storage.
            foreach (var window in (TimeSpan[])[
                TimeSpan.FromMinutes(1), TimeSpan.FromHours(10), TimeSpan.FromDays(10), TimeSpan.FromDays(100)])
                await StoreAsync(silo, SubjectKey.Of(ScopeOf(Policy), $"{siloName}-{window}"), window, cancellationToken);
        }

        // Under one policy the common actors would count from the second algorithm on, and ask all the others for each key. The first
        // algorithm's keys are asked for by another one at last, so that handing over and the common actor are tried as well.
        foreach (var algorithm in Enum.GetValues<Algorithm>())
            await AskAllAsync(silo, grains, siloName, $"{Policy}-{(int)algorithm}", algorithm, cancellationToken);
        await AskAllAsync(silo, grains, siloName, $"{Policy}-{(int)Algorithm.TokenBucket}", Algorithm.Gcra, cancellationToken);
    }

    private static async Task AskAllAsync(
        SiloParts silo, IGrainFactory grains, string siloName, string policy, Algorithm algorithm, CancellationToken cancellationToken)
    {
        var (scope, spec) = (ScopeOf(policy), LimitSpec.Of(algorithm, Bandwidth.Of(10, TimeSpan.FromSeconds(1))));
        for (var round = 0; round < Rounds; round++)
        {
            var key = SubjectKey.Of(scope, $"{siloName}-{round}");
            await AskAsync(silo, grains, new LimitRequest(key, spec, Operation.Acquire, Permits.Of(1)), cancellationToken);
        }
    }

    /// <summary>Asks as a front end does.</summary>
    private static async Task AskAsync(SiloParts silo, IGrainFactory grains, LimitRequest request, CancellationToken cancellationToken)
    {
        var (name, call) = (request.Key.ToString(), WireMap.ToMessage(request, silo.Catalog));
        var asked = silo.Actors.HaveNamedActors ? ActorTypes.Of(request.Spec.Algorithm) : ActorTypes.Common;
        var reply = await grains.GetGrain<ILimitGrain>(GrainId.Create(asked, name)).ExecuteAsync(call, cancellationToken);
        if ((ReplyKind)reply.Kind == ReplyKind.AskCommon)
            await grains.GetGrain<ILimitGrain>(GrainId.Create(ActorTypes.Common, name)).ExecuteAsync(call, cancellationToken);
    }

    private static KeyScope ScopeOf(string policy) => KeyScope.Of(KeyScope.OwnTenant, policy);

    private static async Task StoreAsync(SiloParts silo, SubjectKey key, TimeSpan window, CancellationToken cancellationToken)
    {
        var spec = LimitSpec.Of(Algorithm.TokenBucket, Bandwidth.Of(10, window));
        var state = LimitKey.Fresh(spec, silo.Clock.Now());
        var store = new KeyStore(silo, GrainId.Create(ActorTypes.Common, key.ToString()));
        if (!await store.TryReadAsync(cancellationToken) || await store.WriteAsync(spec, state) == SaveResult.Failed
            || await store.ClearAsync() == SaveResult.Failed)
            throw new InvalidOperationException("Snapshots cannot be stored: the log says why.");
    }
}
