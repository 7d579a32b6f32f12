using OrleansLimiter.Core.Decisions;

namespace OrleansLimiter.Engines.Redis;

/// <summary>
/// What a call to Redis ended with, whatever the client library threw. It is made where the library is called and nowhere else, so no
/// exception of the library's, of whatever type, can be taken for a bug of ours, nor the other way round.
/// </summary>
/// <param name="fault">The fault that it stands for.</param>
/// <param name="thrown">What was thrown.</param>
internal sealed class RedisCallException(EngineFault fault, Exception thrown) : Exception(thrown.Message, thrown)
{
    /// <summary>The fault that it stands for.</summary>
    public EngineFault Fault => fault;
}
