using OrleansLimiter.Conformance;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Core.Ports;
using OrleansLimiter.Engines.Redis;

namespace OrleansLimiter.Redis.Tests;

/// <summary>One server and one engine for all plays: each play names keys of its own.</summary>
/// <param name="server">The server.</param>
/// <param name="sharesSpecs">Whether the engine remembers each policy's newest spec; else it is as if every request came from another front
/// end.</param>
/// <param name="interrupt">Done before every request; null for nothing.</param>
/// <param name="travelsInBatches">Whether every request that can travels as a batch, though it has no company.</param>
internal sealed class RedisTarget(
    RedisServer server, bool sharesSpecs = true, Func<Task>? interrupt = null, bool travelsInBatches = false) : IConformanceTarget,
    IDisposable
{
    private RedisEngine? _engine;
    private Instant _now;

    // The server's keys stay, since the clock is not its own; but a reset forgets a key, and a state that begins afresh is not stored by a
    // peek.
    public ConformanceFeatures Features =>
        ConformanceFeatures.StepsBack | ConformanceFeatures.ForgetsWholeKeys | (
            sharesSpecs ? ConformanceFeatures.SharesNewestSpec : ConformanceFeatures.None);

    public async ValueTask<IConformancePlay> StartAsync(Instant start, CancellationToken cancellationToken)
    {
        if (_engine is null)
        {
            _engine = new RedisEngine(
                server.Options(options => options.CallsAlone = travelsInBatches ? 0 : options.CallsAlone), TimeProvider.System, () => _now);
            await Poll.UntilAsync(() => Task.FromResult(_engine.Connection.IsConnected), cancellationToken);
        }

        _now = start;
        return new Play(this);
    }

    public void Dispose() => _engine?.Dispose();

    private async ValueTask SetClockAsync(Instant now)
    {
        _now = now;
        if (!sharesSpecs)
            _engine!.ForgetSpecs();
        if (interrupt is not null)
            await interrupt();
    }

    private sealed class Play(RedisTarget target) : IConformancePlay
    {
        public ILimitEngine Engine => target._engine!;

        public ValueTask SetClockAsync(Instant now, CancellationToken cancellationToken) => target.SetClockAsync(now);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
