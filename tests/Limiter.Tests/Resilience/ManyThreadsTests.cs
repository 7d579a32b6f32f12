using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Core.Ports;
using OrleansLimiter.Engines.Memory;
using OrleansLimiter.Resilience;
using OrleansLimiter.TestKit;

namespace OrleansLimiter.Limiter.Tests.Resilience;

public class ManyThreadsTests
{
    [Fact]
    public async Task Many_callers_of_an_engine_that_comes_and_goes_are_all_answered_and_charged_in_the_end()
    {
        const int callers = 4;
        const int calls = 2_000;
        const int keys = 20;
        const int limit = 200;
        var time = new FakeTimeProvider();
        using var owner = new MemoryEngine(new MemoryEngineOptions(), time);
        using var local = new MemoryEngine(new MemoryEngineOptions(), time);
        using var rig = new Rig(new ScriptedEngine());
        var remote = new Flapping(owner);
        using var stack = ResilientEngine.Build(remote, local, rig.Settings, time, rig.Meters, rig.Logger, new Random(7));
        var spec = LimitSpec.Of(Algorithm.SlidingWindowLog, Bandwidth.Of(limit, TimeSpan.FromHours(1)));
        var scope = KeyScope.Of("t", "x");
        var admitted = new long[keys];
        var locally = new long[keys];
        using var barrier = new Barrier(callers);
        await Task.WhenAll(Enumerable.Range(0, callers).Select(caller =>
            Task.Factory.StartNew(() => Work(caller), TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning,
                TaskScheduler.Default).Unwrap()));

        remote.IsUp = true;
        for (var i = 0; i < 100 && stack.Debts.Count > 0; i++)
        {
            time.Advance(TimeSpan.FromMilliseconds(500));
            await stack.Collector.LastRound;
        }

        Assert.Equal(0, stack.Debts.Count);
        for (var key = 0; key < keys; key++)
        {
            Assert.InRange(admitted[key], limit, 2 * limit);
            var left = owner.Execute(new LimitRequest(SubjectKey.Of(scope, $"user-{key}"), spec, Operation.Peek, Permits.Zero));
            Assert.Equal(0, left.Decision.Remaining);
        }

        Assert.True(locally.Sum() > 0);

        async Task Work(int caller)
        {
            var dice = new Dice(caller + 1);
            barrier.SignalAndWait();
            for (var i = 0; i < calls; i++)
            {
                if (caller == 0 && i % 50 == 0)
                {
                    remote.IsUp = dice.OnceIn(2);
                    time.Advance(TimeSpan.FromMilliseconds(300));
                }

                var key = (int)dice.From(0, keys - 1);
                var reply = await stack.ExecuteAsync(
                    new LimitRequest(SubjectKey.Of(scope, $"user-{key}"), spec, Operation.Acquire, Permits.One), CancellationToken.None);
                Assert.False(reply.IsFault);
                Interlocked.Add(ref admitted[key], reply.Decision.Charged);
                if (reply.Source == ReplySource.Local)
                    Interlocked.Increment(ref locally[key]);
            }
        }
    }

    private sealed class Flapping(MemoryEngine owner) : ILimitEngine, IPartitionedEngine
    {
        private volatile bool _isUp = true;

        public bool IsUp
        {
            get => _isUp;
            set => _isUp = value;
        }

        public string Source => "cluster";

        public ValueTask<EngineReply> ExecuteAsync(LimitRequest request, CancellationToken cancellationToken) =>
            IsUp ? owner.ExecuteAsync(request, cancellationToken) : Later();

        public int PartitionOf(in SubjectKey key) => key.Subject.Length;

        private static async ValueTask<EngineReply> Later()
        {
            await Task.Yield();
            return EngineReply.Failed(EngineFault.Unavailable);
        }
    }
}
