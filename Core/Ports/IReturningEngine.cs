namespace OrleansLimiter.Core.Ports;

/// <summary>
/// What an engine may add to <see cref="ILimitEngine"/> where it hears by itself that it can be reached again. Whoever has stopped asking
/// it may then ask at once, instead of waiting for its next try.
/// </summary>
internal interface IReturningEngine
{
    /// <summary>
    /// Raised each time the engine can be reached after a time in which it could not, on any thread. That it answers is not said. Handlers
    /// must not block.
    /// </summary>
    event Action? Returned;
}
