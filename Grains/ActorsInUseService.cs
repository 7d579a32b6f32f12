using Microsoft.Extensions.Logging;

namespace OrleansLimiter.Grains;

/// <summary>Answers the other silos, for <see cref="ActorsInUse"/>.</summary>
internal sealed class ActorsInUseService(GrainId id, Orleans.Runtime.Silo silo, ILoggerFactory loggers, ActorsInUse actors)
    : GrainService(id, silo, loggers), IActorsInUse
{
    public Task<ActorsInUseMessage> ExchangeAsync(string policy, SiloAddress silo, ActorsInUseMessage told) =>
        Task.FromResult(actors.Of(policy).Answer(silo, told));
}
