using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Engines.Orleans.Batches;
using OrleansLimiter.Grains;

namespace OrleansLimiter.Engines.Orleans;

/// <summary>
/// A reference to a key's actor, with what leads to its common one and to the silo that it is in: one object, so that a call carries no
/// more than this.
/// </summary>
internal sealed class AskedActor(SubjectKey key, Algorithm algorithm, bool isNamed, IdSpan name, ILimitGrain actor)
{
    private volatile BatchLane? _lane;

    public SubjectKey Key { get; } = key;

    public Algorithm Algorithm { get; } = algorithm;

    /// <summary>Whether it is its algorithm's own one, not the common one.</summary>
    public bool IsNamed { get; } = isNamed;

    /// <summary>What the actor is called, behind its type.</summary>
    public IdSpan Name { get; } = name;

    public ILimitGrain Actor { get; } = actor;

    /// <summary>
    /// Where its silo's batches go, as far as is known; null: it is asked alone. Wherever it leads, the actor is found from there.
    /// </summary>
    public BatchLane? Lane
    {
        get => _lane;
        set => _lane = value;
    }
}
