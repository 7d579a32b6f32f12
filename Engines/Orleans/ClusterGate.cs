namespace OrleansLimiter.Engines.Orleans;

/// <summary>
/// Whether there is a cluster to ask. Before a client has connected, asking it for an actor fails as if the actor did not
/// exist; so whoever owns the client opens this when it has connected and closes it before it stops. Safe for many threads.
/// </summary>
internal sealed class ClusterGate
{
    private volatile ReachedCluster? _cluster;

    /// <summary>The connected cluster; null while there is none.</summary>
    public IGrainFactory? Grains => _cluster?.Grains;

    /// <summary>The connected cluster with what is known of its silos; null while there is none.</summary>
    internal ReachedCluster? Cluster => _cluster;

    /// <summary>The cluster can be asked from now on.</summary>
    /// <param name="grains">A client that has connected, or a silo's own factory once the silo runs.</param>
    /// <param name="types">
    /// What the cluster's silos have, as the same client or silo knows it (<see cref="IClusterManifestProvider"/> among its services).
    /// Null: every key is asked of its common actor, which costs a second call inside the cluster.
    /// </param>
    public void Open(IGrainFactory grains, IClusterManifestProvider? types = null)
    {
        ArgumentNullException.ThrowIfNull(grains);
        _cluster = new ReachedCluster(grains, types);
    }

    /// <summary>The cluster can no longer be asked.</summary>
    public void Close() => _cluster = null;
}

/// <summary>A cluster that can be asked.</summary>
/// <param name="Grains">Its actors.</param>
/// <param name="Types">What its silos have; null where nobody knows.</param>
internal sealed record ReachedCluster(IGrainFactory Grains, IClusterManifestProvider? Types);
