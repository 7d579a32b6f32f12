using Orleans.Metadata;

namespace OrleansLimiter.Grains;

/// <summary>Which silos take batches, and how they are named and asked.</summary>
internal static class BatchingSilos
{
    /// <summary>The alias of <see cref="ILimitBatches"/>, by which silos list it.</summary>
    public const string BatchesAlias = "ol.ILimitBatches";

    /// <summary>
    /// The type of the service that implements <see cref="ILimitBatches"/>: what Orleans makes of that interface.
    /// </summary>
    public static readonly GrainType ServiceType = GrainType.Create("sys.svc.user.FEDEDCCF");

    private static readonly GrainInterfaceType Batches = GrainInterfaceType.Create(BatchesAlias);

    /// <summary>
    /// A silo as replies name it: four bytes instead of an address. Two silos may share a number, which costs a hop and nothing else.
    /// </summary>
    /// <param name="silo">The silo.</param>
    /// <returns>More than 0.</returns>
    public static uint NumberOf(SiloAddress silo)
    {
        ArgumentNullException.ThrowIfNull(silo);
        return Math.Max((uint)silo.GetConsistentHashCode(), 1);
    }

    /// <summary>Whether a silo takes batches: it serves limits, and is of a build that knows the interface.</summary>
    /// <param name="silo">What the silo has.</param>
    /// <returns>Whether it does.</returns>
    public static bool Takes(GrainManifest silo)
    {
        ArgumentNullException.ThrowIfNull(silo);
        return NamedActors.AreIn(silo) && silo.Interfaces.ContainsKey(Batches);
    }

    /// <summary>The service in a silo.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="grains">The cluster, or a client of it.</param>
    /// <returns>A reference.</returns>
    public static ILimitBatches At(SiloAddress silo, IGrainFactory grains)
    {
        ArgumentNullException.ThrowIfNull(grains);
        return grains.GetGrain<ILimitBatches>(SystemTargetGrainId.Create(ServiceType, silo).GrainId);
    }
}
