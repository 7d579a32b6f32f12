using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Grains;

namespace OrleansLimiter.Engines.Orleans;

/// <summary>
/// A reference to a key's actor, with what leads to its common one: one object, so that a call carries no more than this.
/// </summary>
internal sealed class AskedActor(SubjectKey key, Algorithm algorithm, bool isNamed, ILimitGrain actor)
{
    public SubjectKey Key { get; } = key;

    public Algorithm Algorithm { get; } = algorithm;

    /// <summary>Whether it is its algorithm's own one, not the common one.</summary>
    public bool IsNamed { get; } = isNamed;

    public ILimitGrain Actor { get; } = actor;
}
