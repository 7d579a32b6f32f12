using OrleansLimiter.Valve;
using OrleansLimiter.Valve.Tokens;
using StackExchange.Redis;

namespace OrleansLimiter.Engines.Redis.Valve;

/// <summary>
/// A sale that an engine was asked about. However many callers find its valve behind the time, one task at a time brings it up, for all of
/// them. Safe for many threads.
/// </summary>
internal sealed class RedisSale(SaleId id, string application, SeedSeal seal, Func<RedisSale, RedisLink, Task> catchUp)
{
    private readonly Lock _gate = new();
    private Task? _catchingUp;

    public SaleId Id => id;

    /// <summary>Computes the codes of its draw.</summary>
    public DrawCodes Codes { get; } = new(id, seal);

    /// <summary>The names of its keys.</summary>
    public RedisKey[] Keys { get; } = SaleKeys.Of(id, application);

    /// <summary>Brings the valve up to the time; or waits for whoever does.</summary>
    public Task CatchUpAsync(RedisLink link)
    {
        lock (_gate)
            return _catchingUp is { IsCompleted: false } running ? running : _catchingUp = catchUp(this, link);
    }
}
