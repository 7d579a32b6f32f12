using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Core.Decisions;

/// <summary>What comes back from an engine: a decision, or a fault.</summary>
public readonly record struct EngineReply
{
    private readonly Decision _decision;
    private readonly EngineFaultKind _fault;
    private readonly int _corrected;

    private EngineReply(in Decision decision, EngineFaultKind fault, LimitSpec? newerSpec, int corrected = 0)
    {
        _decision = decision;
        _fault = fault;
        _corrected = corrected;
        NewerSpec = newerSpec;
    }

    /// <summary>The decision. Meaningful only where <see cref="IsFault"/> is false.</summary>
    [UnscopedRef]
    public ref readonly Decision Decision => ref _decision;

    /// <summary>The fault; of kind <see cref="EngineFaultKind.None"/> where there is a decision.</summary>
    public EngineFault Fault => IsFault ? new EngineFault(_fault, Decision.RetryAfter) : default;

    /// <summary>
    /// The spec that decided, where the key is already under a newer one than the caller named: the caller adopts it. Else null.
    /// </summary>
    public LimitSpec? NewerSpec { get; }

    /// <summary>Who made the reply: the engine, unless <see cref="From"/> said otherwise.</summary>
    public ReplySource Source { get; private init; }

    /// <summary>
    /// By how many permits the call itself changed the key: what it charged, less what it was to give back; 0 for an answer that was told
    /// again. Only an engine of this process says so of anything but a plain acquire.
    /// </summary>
    public long Moved => _decision.Charged + _corrected;

    /// <summary>Whether the engine could not decide.</summary>
    public bool IsFault => _fault != EngineFaultKind.None;

    /// <summary>Room for a decision that is written in place: an engine's hot path copies it nowhere.</summary>
    /// <param name="reply">The reply to be: no fault, no newer spec.</param>
    /// <returns>Where the decision goes.</returns>
    internal static ref Decision Room(out EngineReply reply)
    {
        reply = default;
        return ref Unsafe.AsRef(in reply._decision);
    }

    /// <summary>The engine decided.</summary>
    /// <param name="decision">What it decided.</param>
    /// <param name="newerSpec">The newer spec that it decided under, if the caller named an older one.</param>
    /// <returns>The reply.</returns>
    public static EngineReply Decided(in Decision decision, LimitSpec? newerSpec = null) => new(decision, EngineFaultKind.None, newerSpec);

    /// <summary>The engine moved permits without asking.</summary>
    /// <param name="decision">What it answered.</param>
    /// <param name="permits">How many it charged; less than 0: how many it was to give back.</param>
    /// <param name="newerSpec">The newer spec, if the caller named an older one.</param>
    /// <returns>The reply.</returns>
    internal static EngineReply Corrected(in Decision decision, long permits, LimitSpec? newerSpec) =>
        new(decision, EngineFaultKind.None, newerSpec, (int)Math.Clamp(permits, -int.MaxValue, int.MaxValue));

    /// <summary>The engine told an answer again, and changed nothing.</summary>
    /// <param name="decision">What it answered then, as told now.</param>
    /// <param name="newerSpec">The newer spec, if the caller named an older one.</param>
    /// <returns>The reply.</returns>
    internal static EngineReply Repeated(in Decision decision, LimitSpec? newerSpec) =>
        new(decision, EngineFaultKind.None, newerSpec, (int)-decision.Charged);

    /// <summary>The engine could not decide.</summary>
    /// <param name="fault">Why.</param>
    /// <returns>The reply.</returns>
    public static EngineReply Failed(EngineFault fault) => new(new Decision { RetryAfter = fault.RetryAfter }, fault.Kind, null);

    /// <summary>
    /// The same reply, made by another. One made by this process names no newer spec: a share of a policy is not the policy.
    /// </summary>
    /// <param name="source">Who made it.</param>
    /// <returns>The reply.</returns>
    public EngineReply From(ReplySource source) =>
        new(_decision, _fault, source == ReplySource.Local ? null : NewerSpec, _corrected) { Source = source };
}
