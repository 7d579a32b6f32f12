using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Core.Ports;

/// <summary>
/// What an engine may add to <see cref="ILimitEngine"/> where its keys stand behind several gateways or shards that fail one by one. Safe
/// for use by many threads; answers at once, from memory.
/// </summary>
public interface IPartitionedEngine
{
    /// <summary>Through which gateway or shard a key's requests go now.</summary>
    /// <param name="key">The key.</param>
    /// <returns>A number of at least 0, small and stable while the gateways are: faults of one number open that number's breaker. Negative:
    /// not known.</returns>
    int PartitionOf(in SubjectKey key);
}
