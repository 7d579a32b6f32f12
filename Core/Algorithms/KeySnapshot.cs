using System.Collections.Immutable;

namespace OrleansLimiter.Core.Algorithms;

/// <summary>
/// All that a key holds, as numbers and texts that can be stored: made by <see cref="LimitKey.Snapshot"/>, read by
/// <see cref="LimitKey.TryRestore"/>. It is meaningful only together with the spec that the state was under.
/// </summary>
/// <param name="numbers">The numbers, the format's version first.</param>
/// <param name="requestIds">The request ids that the key remembers, oldest first.</param>
public sealed class KeySnapshot(ImmutableArray<long> numbers, ImmutableArray<string> requestIds)
{
    /// <summary>The numbers, the format's version first.</summary>
    public ImmutableArray<long> Numbers { get; } = numbers;

    /// <summary>The request ids that the key remembers, oldest first.</summary>
    public ImmutableArray<string> RequestIds { get; } = requestIds;
}
