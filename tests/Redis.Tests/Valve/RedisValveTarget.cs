using OrleansLimiter.Conformance.Valve;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Engines.Redis.Valve;
using OrleansLimiter.TestKit;
using OrleansLimiter.Valve;

namespace OrleansLimiter.Redis.Tests.Valve;

/// <summary>
/// One server and some engines for all plays, each call answered by the next engine. What is answered is written, so a play has nothing to
/// store; and a server that comes back has forgotten nothing, so there is no crash to compare with the Core's; the tests of a server that
/// is lost are beside this.
/// </summary>
/// <param name="server">The server.</param>
/// <param name="engines">How many front ends.</param>
/// <param name="interrupt">Done before the clock moves; null for nothing.</param>
internal sealed class RedisValveTarget(RedisServer server, int engines, Func<Task>? interrupt = null) : IValveTarget, IDisposable
{
    // It never moves: a play's time passes only when it says so.
    private readonly FakeTimeProvider _still = new();
    private readonly List<RedisValve> _valves = [];
    private Func<SaleId, DrawSeed> _seedOf = _ => throw new InvalidOperationException("No play has started.");
    private readonly Func<Task>? _interrupt = interrupt;
    private Instant _now;

    public ValveFeatures Features => ValveFeatures.StandsStill;

    public async ValueTask<IValvePlay> StartAsync(Instant start, Func<SaleId, DrawSeed> seedOf, CancellationToken cancellationToken)
    {
        (_now, _seedOf) = (start, seedOf);
        while (_valves.Count < engines)
        {
            var valve = new RedisValve(server.Options(), _still, () => _now, sale => _seedOf(sale), TestValve.Seal);
            _valves.Add(valve);
            await Poll.UntilAsync(() => Task.FromResult(valve.Connection.IsConnected), cancellationToken);
        }

        return new Play(this);
    }

    public void Dispose()
    {
        foreach (var valve in _valves)
            valve.Dispose();
    }

    private sealed class Play(RedisValveTarget target) : IValvePlay
    {
        private int _calls;

        public IValveEngine Engine => target._valves[_calls++ % target._valves.Count];

        public async ValueTask SetClockAsync(Instant now, CancellationToken cancellationToken)
        {
            target._now = now;
            if (target._interrupt is { } interrupt)
                await interrupt();
        }

        public ValueTask StoreAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask CrashAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

}
