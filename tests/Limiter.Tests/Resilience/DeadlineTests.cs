using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Resilience;
using OrleansLimiter.TestKit;

namespace OrleansLimiter.Limiter.Tests.Resilience;

public sealed class DeadlineTests : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMilliseconds(150);
    private static readonly LimitRequest Request = new(
        SubjectKey.Of(KeyScope.Of("t", "p"), "alice"), Configured.Development().Policy("default").SpecFor("free"), Operation.Acquire,
            Permits.One);

    private readonly FakeTimeProvider _time = new();
    private readonly LinesLogger<DeadlineTests> _logger = new();
    private readonly ScriptedEngine _engine = new() { Source = "cluster" };
    private readonly Rig _rig;
    private readonly RemoteCalls _timely;
    private readonly RemoteCalls _onSystemTime;
    private CancellationToken _seen;

    public DeadlineTests()
    {
        var keeper = new TokenKeeper(_engine, token => _seen = token);
        _rig = new Rig(_engine);
        _timely = MadeCalls.To(keeper, _rig.Meters, _time, _logger, values: ("Limiter:Deadline", "150ms"));

        // No test waits for this one.
        _onSystemTime = MadeCalls.To(keeper, _rig.Meters, TimeProvider.System, _logger,
            values: [("Limiter:Deadline", "10s"), ("Limiter:Breaker:Pause", "10s")]);
    }

    [Fact]
    public async Task A_call_that_does_not_come_back_is_a_missed_deadline_exactly_at_the_deadline()
    {
        var late = new TaskCompletionSource<EngineReply>();
        _engine.Answer = _ => new(late.Task);
        var asking = Ask();
        _time.Advance(Deadline - TimeSpan.FromTicks(1));
        Assert.False(asking.IsCompleted);
        Assert.False(_seen.IsCancellationRequested);
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.Equal(EngineFault.DeadlineExceeded, (await asking).Fault);
        Assert.True(_seen.IsCancellationRequested);
        Assert.Empty(_logger.Lines);
    }

    [Fact]
    public async Task An_engine_that_heeds_its_token_misses_its_deadline_too_and_has_not_thrown()
    {
        _engine.Answer = _ => FakeRemote.Patient(Request, _seen);
        var asking = Ask();
        _time.Advance(Deadline);
        Assert.Equal(EngineFaultKind.DeadlineExceeded, (await asking).Fault.Kind);
        Assert.Empty(_logger.Lines);
    }

    [Fact]
    public async Task A_reply_in_time_is_the_reply()
    {
        var later = new TaskCompletionSource<EngineReply>();
        _engine.Answer = _ => new(later.Task);
        var asking = Ask();
        _time.Advance(Deadline - TimeSpan.FromTicks(1));
        later.SetResult(EngineReply.Decided(new Decision { Remaining = 3 }));
        Assert.Equal(3, (await asking).Decision.Remaining);
    }

    [Fact]
    public async Task The_callers_cancellation_stays_one_and_reaches_the_engine()
    {
        using var caller = new CancellationTokenSource();
        _engine.Answer = _ => new(new TaskCompletionSource<EngineReply>().Task);
        var asking = AskUntil(caller.Token);
        await caller.CancelAsync();
        var thrown = await Assert.ThrowsAsync<OperationCanceledException>(() => asking);
        Assert.Equal(caller.Token, thrown.CancellationToken);
        Assert.True(_seen.IsCancellationRequested);
    }

    [Fact]
    public async Task A_caller_who_has_gone_is_not_asked_for()
    {
        using var caller = new CancellationTokenSource();
        await caller.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => AskUntil(caller.Token));
        Assert.Equal(0, _engine.Asked);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_the_engine_throws_is_a_fault_and_logged_without_its_message(bool isLater)
    {
        _engine.Answer = _ => isLater ? Later() : throw new InvalidOperationException("EVALSHA acme/default/alice@example.org");
        Assert.Equal(EngineFaultKind.Unavailable, (await Ask()).Fault.Kind);
        var line = Assert.Single(_logger.Lines);
        Assert.StartsWith(
            "Error EngineThrew: The engine cluster threw System.InvalidOperationException, 1 exceptions since the last such line;", line,
            StringComparison.Ordinal);
        Assert.DoesNotContain("alice", line, StringComparison.Ordinal);

        static async ValueTask<EngineReply> Later()
        {
            await Task.Yield();
            throw new InvalidOperationException("EVALSHA acme/default/alice@example.org");
        }
    }

    [Fact]
    public async Task A_cancellation_that_nobody_asked_for_is_a_fault()
    {
        _engine.Answer = _ => ValueTask.FromException<EngineReply>(new TaskCanceledException());
        Assert.Equal(EngineFaultKind.Unavailable, (await Ask()).Fault.Kind);
        _engine.Answer = _ => ValueTask.FromCanceled<EngineReply>(new CancellationToken(canceled: true));
        Assert.Equal(EngineFaultKind.Unavailable, (await Ask()).Fault.Kind);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_operation_that_there_is_not_is_an_answer(bool isLater)
    {
        _engine.Answer = _ =>
            isLater ? ValueTask.FromException<EngineReply>(new NotSupportedException()) : throw new NotSupportedException();
        await Assert.ThrowsAsync<NotSupportedException>(() => Ask());
        Assert.Empty(_logger.Lines);
    }

    [Fact]
    public async Task What_a_call_throws_after_its_deadline_is_observed()
    {
        var unobserved = 0;
        EventHandler<UnobservedTaskExceptionEventArgs> count = (_, args) =>
            unobserved += args.Exception.InnerExceptions.Any(e => e.Message == "given up") ? 1 : 0;
        TaskScheduler.UnobservedTaskException += count;
        try
        {
            await GiveUpAndFail();
            GC.Collect();
            GC.WaitForPendingFinalizers();
            Assert.Equal(0, unobserved);

            // The same without the decorator is seen, or this test could not fail.
            Drop();
            GC.Collect();
            GC.WaitForPendingFinalizers();
            Assert.Equal(1, unobserved);
        }
        finally
        {
            TaskScheduler.UnobservedTaskException -= count;
        }

        async Task GiveUpAndFail()
        {
            for (var i = 0; i < 10; i++)
            {
                var late = new TaskCompletionSource<EngineReply>();
                _engine.Answer = _ => new(late.Task);
                var asking = Ask();
                _time.Advance(Deadline);
                Assert.True((await asking).IsFault);
                late.SetException(new InvalidOperationException("given up"));
            }
        }

        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
        static void Drop() => new TaskCompletionSource().SetException(new InvalidOperationException("given up"));
    }

    [Fact]
    public async Task Calls_are_used_again_unless_they_were_given_up()
    {
        await Ask();
        var first = _seen;
        await Ask();
        Assert.Equal((first, 1), (_seen, _timely.Idle));

        var later = new TaskCompletionSource<EngineReply>();
        _engine.Answer = _ => new(later.Task);
        var asking = Ask();
        Assert.Equal((first, 0), (_seen, _timely.Idle));
        later.SetResult(EngineReply.Decided(default));
        await asking;
        Assert.Equal(1, _timely.Idle);

        using var caller = new CancellationTokenSource();
        _engine.Answer = _ => new(new TaskCompletionSource<EngineReply>().Task);
        asking = AskUntil(caller.Token);
        await caller.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        Assert.True(first.IsCancellationRequested);
        Assert.Equal(0, _timely.Idle);

        var late = new TaskCompletionSource<EngineReply>();
        _engine.Answer = _ => new(late.Task);
        asking = Ask();
        var second = _seen;
        _time.Advance(Deadline);
        Assert.True((await asking).IsFault);
        late.SetResult(EngineReply.Decided(default));
        Assert.Equal(0, _timely.Idle);

        _engine.Answers(EngineReply.Decided(default));
        await Ask();
        Assert.DoesNotContain(_seen, new[] { first, second });
    }

    [Fact]
    public async Task Each_call_has_its_own_deadline_whoever_began_before_it()
    {
        var replies = new List<TaskCompletionSource<EngineReply>>();
        _engine.Answer = _ =>
        {
            replies.Add(new TaskCompletionSource<EngineReply>());
            return new(replies[^1].Task);
        };
        var asked = new List<Task<EngineReply>>();
        for (var i = 0; i < 15; i++)
        {
            asked.Add(Ask());
            _time.Advance(Deadline / 15);
        }

        // The first has just fallen due; of those behind it every second one is answered.
        Assert.Equal(EngineFaultKind.DeadlineExceeded, (await asked[0]).Fault.Kind);
        for (var i = 1; i < asked.Count; i += 2)
            replies[i].SetResult(EngineReply.Decided(new Decision { Remaining = i }));
        for (var i = 1; i < asked.Count; i++)
        {
            Assert.Equal(i % 2 == 1, asked[i].IsCompleted);
            _time.Advance(Deadline / 15 - TimeSpan.FromTicks(1));
            Assert.Equal(i % 2 == 1, asked[i].IsCompleted);
            _time.Advance(TimeSpan.FromTicks(1));
            var reply = await asked[i];
            Assert.Equal((i % 2 == 0, i % 2 == 1 ? i : 0), (reply.IsFault, reply.Decision.Remaining));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_call_that_is_used_again_has_nothing_of_the_call_before(bool isCancelledAfter)
    {
        using var before = new CancellationTokenSource();
        var later = new TaskCompletionSource<EngineReply>();
        _engine.Answer = _ => new(later.Task);
        var asking = AskUntil(before.Token);
        _time.Advance(Deadline / 2);
        later.SetResult(EngineReply.Decided(new Decision { Remaining = 1 }));
        Assert.Equal(1, (await asking).Decision.Remaining);

        later = new TaskCompletionSource<EngineReply>();
        asking = Ask();
        if (isCancelledAfter)
            await before.CancelAsync();
        _time.Advance(Deadline - TimeSpan.FromTicks(1));
        Assert.False(asking.IsCompleted);
        Assert.False(_seen.IsCancellationRequested);
        later.SetResult(EngineReply.Decided(new Decision { Remaining = 2 }));
        Assert.Equal(2, (await asking).Decision.Remaining);
    }

    [Fact]
    public async Task Many_threads_whose_calls_end_in_time_late_and_not_at_all_hear_each_their_own_reply()
    {
        const int threads = 4;
        const int calls = 2_000;
        var timely = MadeCalls.To(
            new Mirror(), _rig.Meters, TimeProvider.System, _logger,
            values:
            [
                ("Limiter:Deadline", "20ms"), ("Limiter:MaxInFlight", "100000"), ("Limiter:Breaker:FaultPercent", "100"),
                ("Limiter:Breaker:MinimumCalls", "10000"),
            ]);
        var wrong = 0;
        await Task.WhenAll(Enumerable.Range(0, threads).Select(seed => Task.Run(async () =>
        {
            for (var i = 0; i < calls; i++)
            {
                // What is asked for is what is answered; every 97th is not answered, every 31st by a caller who does not wait.
                var permits = seed * calls + i + 1;
                var isMute = permits % 97 == 0;
                using var caller = new CancellationTokenSource();
                var asking = timely.ExecuteAsync(
                    Request with { Permits = Permits.Of(permits), Id = isMute ? RequestId.Of("mute") : RequestId.None }, caller.Token);
                if (permits % 31 == 0)
                    await caller.CancelAsync();
                try
                {
                    var reply = await asking;
                    if (!reply.IsFault && reply.Decision.Remaining != permits || isMute && !reply.IsFault)
                        Interlocked.Increment(ref wrong);
                }
                catch (OperationCanceledException)
                {
                    if (permits % 31 != 0)
                        Interlocked.Increment(ref wrong);
                }
            }
        })));
        Assert.Equal(0, wrong);
    }

    [Fact]
    public void A_call_that_is_answered_at_once_allocates_nothing()
    {
        AllocatedBy(10_000);
        Assert.Equal(0, AllocatedBy(10_000));
    }

    public void Dispose() => _rig.Dispose();

    private Task<EngineReply> Ask() => AskUntil(CancellationToken.None);

    private Task<EngineReply> AskUntil(CancellationToken caller) => _timely.ExecuteAsync(Request, caller).AsTask();

    private long AllocatedBy(int calls)
    {
        var timely = _onSystemTime;
        var answered = 0;
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < calls; i++)
        {
            var pending = timely.ExecuteAsync(Request, CancellationToken.None);
            answered += pending.IsCompletedSuccessfully && !pending.Result.IsFault ? 1 : 0;
        }

        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(calls, answered);
        return allocated;
    }

    /// <summary>Answers a little later with what it was asked for, unless it is asked to be mute.</summary>
    private sealed class Mirror : Core.Ports.ILimitEngine
    {
        public string Source => "cluster";

        public async ValueTask<EngineReply> ExecuteAsync(LimitRequest request, CancellationToken cancellationToken)
        {
            await Task.Yield();
            if (!request.Id.IsNone)
                await new TaskCompletionSource().Task;
            return EngineReply.Decided(new Decision { Remaining = request.Permits.Count });
        }
    }

    private sealed class TokenKeeper(ScriptedEngine inner, Action<CancellationToken> keep) : Core.Ports.ILimitEngine
    {
        public string Source => inner.Source;

        public ValueTask<EngineReply> ExecuteAsync(LimitRequest request, CancellationToken cancellationToken)
        {
            keep(cancellationToken);
            return inner.ExecuteAsync(request, cancellationToken);
        }
    }
}
