using OrleansLimiter.Core.Decisions;

namespace OrleansLimiter.Valve;

/// <summary>
/// What comes back from a valve engine: a value, or a fault. A valve never falls back: a fault means that nobody is let through.
/// </summary>
/// <typeparam name="T">The value.</typeparam>
/// <param name="Value">The value. Meaningful only where <see cref="IsFault"/> is false.</param>
/// <param name="Fault">The fault; of kind <see cref="EngineFaultKind.None"/> where there is a value.</param>
internal readonly record struct ValveReply<T>(T Value, EngineFault Fault)
{
    /// <summary>Whether the engine could not answer.</summary>
    public bool IsFault => Fault.Kind != EngineFaultKind.None;
}

internal static class ValveReply
{
    public static ValveReply<T> Of<T>(T value) => new(value, default);

    /// <summary>The engine could not answer.</summary>
    /// <typeparam name="T">The value that there is none of.</typeparam>
    /// <param name="fault">Why.</param>
    /// <returns>The reply.</returns>
    public static ValveReply<T> Failed<T>(EngineFault fault) => new(default!, fault);
}
