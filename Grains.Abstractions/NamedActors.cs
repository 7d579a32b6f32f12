using Orleans.Metadata;

namespace OrleansLimiter.Grains;

/// <summary>Whether silos have the algorithms' own actors, or are of a build before those.</summary>
internal static class NamedActors
{
    private static readonly GrainType Common = GrainType.Create(ActorTypes.Common);

    // Builds that have one have all.
    private static readonly GrainType Named = GrainType.Create(ActorTypes.TokenBucket);

    /// <summary>Whether every silo that serves limits has them, and one does.</summary>
    /// <param name="types">What the silos of a cluster have.</param>
    /// <returns>Whether all do.</returns>
    public static bool AreEverywhere(ClusterManifest types)
    {
        ArgumentNullException.ThrowIfNull(types);
        return types.Silos.Values.Any(AreIn) && !types.Silos.Values.Any(AreMissingIn);
    }

    /// <summary>Whether a silo has them.</summary>
    /// <param name="silo">What the silo has.</param>
    /// <returns>Whether it does.</returns>
    public static bool AreIn(GrainManifest silo)
    {
        ArgumentNullException.ThrowIfNull(silo);
        return silo.Grains.ContainsKey(Named);
    }

    /// <summary>Whether a silo serves limits without them.</summary>
    /// <param name="silo">What the silo has.</param>
    /// <returns>Whether it does.</returns>
    public static bool AreMissingIn(GrainManifest silo)
    {
        ArgumentNullException.ThrowIfNull(silo);
        return silo.Grains.ContainsKey(Common) && !AreIn(silo);
    }
}
