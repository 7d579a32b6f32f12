using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Resilience;
using OrleansLimiter.TestKit;

namespace OrleansLimiter.Limiter.Tests.Resilience;

public class DeadlineTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMilliseconds(150);
    private static readonly LimitRequest Request = new(
        SubjectKey.Of(KeyScope.Of("t", "p"), "alice"), Configured.Development().Policy("default").SpecFor("free"), Operation.Acquire,
            Permits.One);

    private readonly FakeTimeProvider _time = new();
    private readonly LinesLogger<DeadlineTests> _logger = new();
    private readonly ScriptedEngine _engine = new() { Source = "cluster" };
    private readonly DeadlineEngine _timely;
    private readonly DeadlineEngine _onSystemTime;
    private CancellationToken _seen;

    public DeadlineTests()
    {
        var keeper = new TokenKeeper(_engine, token => _seen = token);
        _timely = new DeadlineEngine(keeper, Deadline, _time, new ResilienceLog(_time, _logger));

        // The runtime uses the system's timers again, and no others. No test waits for this one.
        _onSystemTime = new DeadlineEngine(keeper, TimeSpan.FromSeconds(10), TimeProvider.System, new ResilienceLog(_time, _logger));
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
    public async Task Timers_are_used_again_unless_a_caller_cancelled_them()
    {
        var timely = _onSystemTime;
        await timely.ExecuteAsync(Request, CancellationToken.None);
        var first = _seen;
        await timely.ExecuteAsync(Request, CancellationToken.None);
        Assert.Equal((first, 1), (_seen, timely.IdleTimers));

        var later = new TaskCompletionSource<EngineReply>();
        _engine.Answer = _ => new(later.Task);
        var asking = timely.ExecuteAsync(Request, CancellationToken.None).AsTask();
        Assert.Equal((first, 0), (_seen, timely.IdleTimers));
        later.SetResult(EngineReply.Decided(default));
        await asking;
        Assert.Equal(1, timely.IdleTimers);

        using var caller = new CancellationTokenSource();
        _engine.Answer = _ => new(new TaskCompletionSource<EngineReply>().Task);
        asking = timely.ExecuteAsync(Request, caller.Token).AsTask();
        await caller.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        Assert.True(first.IsCancellationRequested);
        Assert.Equal(0, timely.IdleTimers);
        _engine.Answers(EngineReply.Decided(default));
        await timely.ExecuteAsync(Request, CancellationToken.None);
        Assert.NotEqual(first, _seen);
    }

    [Fact]
    public void A_call_that_is_answered_at_once_allocates_nothing()
    {
        AllocatedBy(10_000);
        Assert.Equal(0, AllocatedBy(10_000));
    }

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
