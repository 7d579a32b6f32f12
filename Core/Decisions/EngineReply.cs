using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Core.Decisions;

/// <summary>What comes back from an engine: a decision, or a fault.</summary>
public readonly record struct EngineReply
{
    private EngineReply(Decision decision, EngineFault fault, LimitSpec? newerSpec)
    {
        Decision = decision;
        Fault = fault;
        NewerSpec = newerSpec;
    }

    /// <summary>The decision. Meaningful only where <see cref="IsFault"/> is false.</summary>
    public Decision Decision { get; }

    /// <summary>The fault; of kind <see cref="EngineFaultKind.None"/> where there is a decision.</summary>
    public EngineFault Fault { get; }

    /// <summary>The spec that decided, where the key is already under a newer one than the caller named: the caller adopts it. Else null.</summary>
    public LimitSpec? NewerSpec { get; }

    /// <summary>Whether the engine could not decide.</summary>
    public bool IsFault => Fault.Kind != EngineFaultKind.None;

    /// <summary>The engine decided.</summary>
    /// <param name="decision">What it decided.</param>
    /// <param name="newerSpec">The newer spec that it decided under, if the caller named an older one.</param>
    /// <returns>The reply.</returns>
    public static EngineReply Decided(in Decision decision, LimitSpec? newerSpec = null) => new(decision, default, newerSpec);

    /// <summary>The engine could not decide.</summary>
    /// <param name="fault">Why.</param>
    /// <returns>The reply.</returns>
    public static EngineReply Failed(EngineFault fault) => new(default, fault, null);
}
