using System.Diagnostics.CodeAnalysis;
using StackExchange.Redis;

namespace OrleansLimiter.Engines.Redis;

/// <summary>
/// Which master of a Redis Cluster owns each slot, as the client last heard; made on first use and again after it was
/// forgotten. Safe for many threads.
/// </summary>
/// <param name="multiplexer">The client.</param>
/// <param name="before">The map of the client that this one takes the place of, whose numbers are kept; null for the first.</param>
internal sealed class ClusterMap(ConnectionMultiplexer multiplexer, ClusterMap? before = null)
{
    private const int Slots = 16_384;

    private static readonly int[] Unknown = [];

    private readonly List<string> _masters = before?._masters ?? [];
    private volatile int[]? _ownerOfSlot;

    /// <summary>Whether keys have different owners: not where there is one server alone, or no master is known.</summary>
    public bool IsSplit => Owners.Length > 0;

    /// <summary>
    /// The master's number, in the order in which masters were met; -1 where there is one server alone, or none is known.
    /// </summary>
    public int PartitionOf(RedisKey key) => Owners is { Length: > 0 } owners ? owners[multiplexer.HashSlot(key)] : -1;

    /// <summary>The owners may have changed.</summary>
    public void Forget() => _ownerOfSlot = null;

    private int[] Owners => _ownerOfSlot ?? Read();

    private int[] Read()
    {
        // Numbers stay with their masters over all readings: a breaker is kept by number.
        lock (_masters)
            return _ownerOfSlot ??= Asked() ?? Unknown;
    }

    // A client that is closed, or learns of its servers anew, throws what it likes; keys without a known owner are asked for all the same.
    [SuppressMessage("Design", "CA1031:Do not catch general exception types",
        Justification = "Whatever a client library throws must not become a failed request.")]
    private int[]? Asked()
    {
        try
        {
            return ReadOwners();
        }
        catch (Exception)
        {
            return null;
        }
    }

    private int[]? ReadOwners()
    {
        foreach (var endPoint in multiplexer.GetEndPoints())
        {
            var server = multiplexer.GetServer(endPoint);
            if (!server.IsConnected || server.ServerType != ServerType.Cluster || server.ClusterConfiguration is not { } cluster)
                continue;
            var owners = new int[Slots];
            Array.Fill(owners, -1);
            foreach (var node in cluster.Nodes)
            {
                if (node.Slots.Count > 0)
                    Fill(owners, node);
            }

            return owners;
        }

        return null;
    }

    private void Fill(int[] owners, ClusterNode node)
    {
        var number = _masters.IndexOf(node.NodeId);
        if (number < 0)
        {
            number = _masters.Count;
            _masters.Add(node.NodeId);
        }

        foreach (var range in node.Slots)
            owners.AsSpan(range.From, range.To - range.From + 1).Fill(number);
    }
}
