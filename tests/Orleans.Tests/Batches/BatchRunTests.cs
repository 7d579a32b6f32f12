using System.Reflection;
using System.Text;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Grains;
using OrleansLimiter.Grains.Batches;
using OrleansLimiter.TestKit;
using Xunit;

namespace OrleansLimiter.Orleans.Tests.Batches;

/// <summary>The silo's side of a batch: all actors at once, one answer, and what is late later.</summary>
public sealed class BatchRunTests
{
    private const uint Silo = 7;

    private readonly FakeTimeProvider _time = new();
    private readonly Dictionary<string, Queue<TaskCompletionSource<LimitReplyMessage>>> _pending = [];
    private readonly BatchRunPool _pool;

    public BatchRunTests() => _pool = new BatchRunPool(Grains(), new CountingActors(), Silo, _time);

    [Fact]
    public async Task All_actors_are_asked_at_once_and_told_of_together()
    {
        var answer = _pool.Rent().StartAsync(Batch("a", "b", "a"));

        Assert.Equal((2, 1), (_pending["a"].Count, _pending["b"].Count));
        Reply("b", 1);
        Reply("a", 2);
        Assert.False(answer.IsCompleted);
        Reply("a", 3, silo: 9);

        var replies = await answer;
        Assert.Equal(0, replies.Rest);
        Assert.Equal([(0, 2, 0ul), (1, 1, 0ul), (2, 3, 9ul)], Read(replies));
    }

    [Fact]
    public async Task What_is_late_holds_the_others_up_for_a_turn_and_comes_when_it_is_asked_for()
    {
        var answer = _pool.Rent().StartAsync(Batch("a", "slow", "b", "slower", "c"));
        Reply("b", 1);
        Reply("a", 2);
        _time.Advance(BatchRunPool.Turn - TimeSpan.FromTicks(1));
        Assert.False(answer.IsCompleted);

        _time.Advance(TimeSpan.FromTicks(1));
        var first = await answer;
        Assert.Equal([(0, 2, 0ul), (2, 1, 0ul)], Read(first));
        Reply("slower", 3);
        var second = await _pool.Find(first.Rest)!.NextAsync();
        Assert.Equal([(3, 3, 0ul)], Read(second));
        var asking = _pool.Find(second.Rest)!.NextAsync();
        Assert.False(asking.IsCompleted);
        Reply("slow", 4);
        var third = await asking;
        Assert.Equal([(1, 4, 0ul)], Read(third));
        asking = _pool.Find(third.Rest)!.NextAsync();
        Reply("c", 5);
        Assert.Equal([(4, 5, 0ul)], Read(await asking));
        Assert.Equal((0, 0), ((await asking).Rest, _pool.LateCount));
    }

    [Fact]
    public async Task Late_replies_that_nobody_asks_for_are_forgotten()
    {
        var answer = _pool.Rent().StartAsync(Batch("slow", "slower"));
        _time.Advance(BatchRunPool.Turn);
        var rest = (await answer).Rest;
        Reply("slow", 1);
        _time.Advance(BatchRunPool.Kept - TimeSpan.FromTicks(1));
        Assert.NotNull(_pool.Find(rest));

        _time.Advance(TimeSpan.FromTicks(1));

        Assert.Null(_pool.Find(rest));
        Reply("slower", 2);
    }

    [Fact]
    public async Task Late_replies_that_somebody_waits_for_are_kept_for_as_long_as_it_takes()
    {
        var answer = _pool.Rent().StartAsync(Batch("slow"));
        _time.Advance(BatchRunPool.Turn);
        var run = _pool.Find((await answer).Rest)!;
        var gone = run.NextAsync();
        var asking = run.NextAsync();
        Assert.Empty(Read(await gone));

        _time.Advance(2 * BatchRunPool.Kept);
        Reply("slow", 1);

        Assert.Equal([(0, 1, 0ul)], Read(await asking));
        Assert.Equal(0, _pool.LateCount);
    }

    [Fact]
    public async Task What_an_actor_throws_is_its_requests_fault_alone()
    {
        var answer = _pool.Rent().StartAsync(Batch("timeout", "busy", "unknown", "fine"));
        _pending["timeout"].Dequeue().SetException(new TimeoutException());
        _pending["busy"].Dequeue().SetException(new GatewayTooBusyException());
        _pending["unknown"].Dequeue().SetException(new InvalidOperationException());
        Reply("fine", 1);

        Assert.Equal(
            [(byte)ReplyKind.TimedOut, (byte)ReplyKind.Overloaded, (byte)ReplyKind.Unavailable, (byte)ReplyKind.Decided],
            Messages(await answer).Select(reply => reply.Reply.Kind));
    }

    [Fact]
    public async Task A_run_is_used_again_and_knows_nothing_of_its_last_batch()
    {
        var run = _pool.Rent();
        var answer = run.StartAsync(Batch("a", "b"));
        Reply("a", 1);
        Reply("b", 2);
        await answer;
        Assert.Same(run, _pool.Rent());

        answer = run.StartAsync(Batch("c"));
        _time.Advance(BatchRunPool.Turn - TimeSpan.FromTicks(1));
        Assert.False(answer.IsCompleted);
        Reply("c", 3);

        Assert.Equal([(0, 3, 0ul)], Read(await answer));
        Assert.Equal(0, _pool.LateCount);
    }

    [Fact]
    public async Task A_timer_that_comes_late_makes_no_other_batch_late_and_forgets_nothing()
    {
        var time = new HandRungTime(_time);
        var pool = new BatchRunPool(Grains(), new CountingActors(), Silo, time);
        var run = pool.Rent();
        var answer = run.StartAsync(Batch("a"));
        Reply("a", 1);
        await answer;
        answer = run.StartAsync(Batch("slow"));

        time.Ring();
        Assert.False(answer.IsCompleted);
        _time.Advance(BatchRunPool.Turn);
        time.Ring();
        time.Ring();

        var asking = pool.Find((await answer).Rest)!.NextAsync();
        Reply("slow", 2);
        Assert.Equal([(0, 2, 0ul)], Read(await asking));
    }

    [Fact]
    public async Task Newer_specs_are_told_once_each()
    {
        var newer = new SpecCatalog().ToMessage(TestSilos.TenASecond);
        var answer = _pool.Rent().StartAsync(Batch("a", "b", "c"));
        foreach (var subject in (string[])["a", "b", "c"])
            _pending[subject].Dequeue().SetResult(Decided(1) with { NewerSpec = subject == "b" ? null : newer });

        var replies = await answer;

        Assert.Single(replies.NewerSpecs);
        Assert.Equal([newer, null, newer], Messages(replies).Select(reply => reply.Reply.NewerSpec));
    }

    [Fact]
    public void A_batch_that_is_too_long_or_broken_is_refused()
    {
        var call = Batch("a").Calls;
        var specs = Batch("a").Specs;
        foreach (var broken in (LimitBatchMessage[])[
            new(specs, [.. Enumerable.Repeat(call, 65).SelectMany(bytes => bytes)]), new(specs, call[..^1]), new([], call)])
            Assert.ThrowsAny<ArgumentException>(() => { _ = _pool.Rent().StartAsync(broken); });
    }

    private static LimitBatchMessage Batch(params string[] subjects)
    {
        var bytes = new byte[subjects.Length * LimitBatchFormat.MostCallBytes];
        var length = 0;
        var call = WireMap.ToMessage(
            new LimitRequest(TestSilos.Key("any"), TestSilos.TenAnHour, Operation.Acquire, Permits.One), new SpecCatalog());
        foreach (var subject in subjects)
            length += LimitBatchFormat.Write(bytes.AsSpan(length), 0, isNamed: true, Encoding.UTF8.GetBytes(subject), call);
        return new LimitBatchMessage([call.Spec], bytes[..length]);
    }

    private static List<(int Place, LimitReplyMessage Reply)> Messages(LimitBatchReplyMessage message)
    {
        var replies = new List<(int, LimitReplyMessage)>();
        ReadOnlySpan<byte> left = message.Replies;
        while (!left.IsEmpty)
        {
            LimitBatchFormat.Read(ref left, message.NewerSpecs.AsSpan(), out var place, out var reply);
            replies.Add((place, reply));
        }

        return replies;
    }

    private static IEnumerable<(int Place, int Remaining, ulong Silo)> Read(LimitBatchReplyMessage message) =>
        Messages(message).Select(reply => (reply.Place, (int)reply.Reply.Remaining, reply.Reply.Silo));

    private static LimitReplyMessage Decided(long remaining, uint silo = Silo) =>
        new((byte)ReplyKind.Decided, 0, 0, remaining, 10, 1, 0, 0, 0, 0, 0, 0, null, silo);

    private void Reply(string subject, long remaining, uint silo = Silo) =>
        _pending[subject].Dequeue().SetResult(Decided(remaining, silo));

    private IGrainFactory Grains()
    {
        var factory = DispatchProxy.Create<IGrainFactory, MethodProxy>();
        ((MethodProxy)(object)factory).Script = (_, arguments) =>
        {
            var name = ((GrainId)arguments[0]!).Key.ToString()!;
            var actor = DispatchProxy.Create<ILimitGrain, MethodProxy>();
            ((MethodProxy)(object)actor).Script = (_, _) =>
            {
                var reply = new TaskCompletionSource<LimitReplyMessage>();
                if (!_pending.TryGetValue(name, out var calls))
                    _pending.Add(name, calls = []);
                calls.Enqueue(reply);
                return new ValueTask<LimitReplyMessage>(reply.Task);
            };
            return actor;
        };
        return factory;
    }

    /// <summary>Its timers fire when they are told to, however they were set.</summary>
    private sealed class HandRungTime(TimeProvider clock) : TimeProvider
    {
        private readonly List<Action> _timers = [];

        public override long TimestampFrequency => clock.TimestampFrequency;

        public override long GetTimestamp() => clock.GetTimestamp();

        public void Ring() => _timers.ForEach(ring => ring());

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _timers.Add(() => callback(state));
            return clock.CreateTimer(_ => { }, null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }
}
