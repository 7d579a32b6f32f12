using OrleansLimiter.Batches;
using OrleansLimiter.Core.Collections;
using OrleansLimiter.Core.Decisions;

namespace OrleansLimiter.Engines.Redis.Batches;

/// <summary>What an engine's lanes share.</summary>
/// <param name="Idle">Calls to use again.</param>
/// <param name="CallsAlone">
/// How many messages of a lane are under way before others wait for company; 0 has even the first travel as a batch of one, for tests.
/// </param>
/// <param name="MostCalls">The most that travel together.</param>
/// <param name="Now">The instant to decide at, in microseconds; 0 for the server's clock.</param>
/// <param name="AloneAsync">Asks for one decision alone, and counts it as answered then.</param>
/// <param name="Answered">Told of every other call that ends.</param>
internal sealed record Batching(
    IdlePool<BatchedCall> Idle,
    int CallsAlone,
    int MostCalls,
    Func<long> Now,
    Func<RedisLink, ScopeTable.Scope, SpecArguments, LimitRequest, Task<EngineReply>> AloneAsync,
    Action Answered);
