namespace OrleansLimiter.Grains;

/// <summary>The silos beside this one, as far as limits concern them.</summary>
internal interface IOtherSilos
{
    /// <summary>Whether all silos that serve limits have the algorithms' own actors: else some are of a build before this one.</summary>
    bool HaveNamedActors { get; }

    /// <summary>Those that may have actors which can be asked.</summary>
    IReadOnlyCollection<SiloAddress> Peers { get; }

    /// <summary>Whether a silo is gone for good.</summary>
    bool IsGone(SiloAddress silo);

    /// <summary>Tells a silo which actors of a policy are in use here, and is told which are there. Does not throw.</summary>
    /// <returns>What it said; null if it did not answer.</returns>
    Task<ActorsInUseMessage?> ExchangeAsync(SiloAddress silo, string policy, ActorsInUseMessage told);
}
