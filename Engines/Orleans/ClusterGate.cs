namespace OrleansLimiter.Engines.Orleans;

/// <summary>
/// Whether there is a cluster to ask. Before a client has connected, asking it for an actor fails as if the actor did not
/// exist; so whoever owns the client opens this when it has connected and closes it before it stops. Safe for many threads.
/// </summary>
public sealed class ClusterGate
{
    private volatile IGrainFactory? _grains;

    /// <summary>The connected cluster; null while there is none.</summary>
    public IGrainFactory? Grains => _grains;

    /// <summary>The cluster can be asked from now on.</summary>
    /// <param name="grains">A client that has connected, or a silo's own factory once the silo runs.</param>
    public void Open(IGrainFactory grains)
    {
        ArgumentNullException.ThrowIfNull(grains);
        _grains = grains;
    }

    /// <summary>The cluster can no longer be asked.</summary>
    public void Close() => _grains = null;
}
