using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Engines.Orleans;
using OrleansLimiter.Engines.Orleans.Batches;
using OrleansLimiter.Grains;
using OrleansLimiter.TestKit.Processes;
using Xunit;

namespace OrleansLimiter.Orleans.Tests.Batches;

/// <summary>What goes alone, what travels together and to whom, and what each caller is told, whatever becomes of a batch.</summary>
public sealed class BatchLaneTests
{
    private const int LongestWait = 120_000;

    // Even the first travels in a batch.
    private static readonly BatchSettings Always = new() { CallsAlone = 0, Least = 1 };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = LongestWait)]
    public async Task Who_comes_alone_is_never_in_a_batch()
    {
        var silos = new ScriptedSilos();
        var engine = silos.Engine();

        for (var i = 0; i < 20; i++)
            await AskAsync(engine, "one");

        Assert.All(silos.TakeAsked(), asked => Assert.Equal("alone:one", asked));
    }

    [Fact(Timeout = LongestWait)]
    public async Task A_few_at_once_go_alone_and_do_not_wait()
    {
        var silos = new ScriptedSilos();
        var engine = silos.Engine();
        await AskAsync(engine, "one");
        silos.TakeAsked();
        var slow = new TaskCompletionSource<LimitReplyMessage>();
        silos.Alone = (_, _) => slow.Task;

        var asked = Enumerable.Range(0, new BatchSettings().CallsAlone).Select(_ => AskAsync(engine, "one")).ToArray();

        Assert.Equal(Enumerable.Repeat("alone:one", asked.Length), silos.TakeAsked());
        slow.SetResult(silos.Decided());
        await Task.WhenAll(asked);
    }

    [Fact(Timeout = LongestWait)]
    public async Task Slow_calls_that_went_alone_hold_nobody_up()
    {
        var silos = new ScriptedSilos();
        var engine = silos.Engine();
        await LearnAsync(engine, silos, "one", "slow");
        var slow = new TaskCompletionSource<LimitReplyMessage>();
        silos.Alone = (subject, _) => subject == "slow" ? slow.Task : Task.FromResult(silos.Decided());
        var held = Enumerable.Range(0, 20).Select(_ => AskAsync(engine, "slow")).ToArray();

        for (var i = 0; i < 20; i++)
            await AskAsync(engine, "one");

        slow.SetResult(silos.Decided());
        await Task.WhenAll(held);
    }

    [Fact(Timeout = LongestWait)]
    public async Task What_gathers_while_a_batch_is_under_way_travels_as_one_in_the_order_it_came()
    {
        var silos = new ScriptedSilos();
        var engine = silos.Engine(Always);
        await LearnAsync(engine, silos, "first", "a", "b", "c");
        silos.Hold = true;

        var first = AskAsync(engine, "first");
        var held = await silos.HeldAsync(Cancellation);
        var asked = ((string[])["a", "b", "a", "c"]).Select(subject => AskAsync(engine, subject)).ToArray();
        silos.Hold = false;
        held.Decide(silos);

        Assert.Equal(4, (await Task.WhenAll(asked)).Select(reply => reply.Decision.Remaining).Distinct().Count());
        await first;
        Assert.Equal(["batch@31001:first", "batch@31001:a,b,a,c"], silos.TakeAsked());
    }

    [Fact(Timeout = LongestWait)]
    public async Task A_full_batch_does_not_wait_for_the_one_under_way()
    {
        var silos = new ScriptedSilos();
        var engine = silos.Engine(Always);
        await LearnAsync(engine, silos, "one");
        silos.Hold = true;

        var asked = new List<Task<EngineReply>> { AskAsync(engine, "one") };
        var first = await silos.HeldAsync(Cancellation);
        asked.AddRange(Enumerable.Range(0, 64 + 63).Select(_ => AskAsync(engine, "one")));
        var full = await silos.HeldAsync(Cancellation);
        Assert.Equal((1, 64), (first.Calls.Count, full.Calls.Count));
        full.Decide(silos);
        await asked[1];
        first.Decide(silos);
        var rest = await silos.HeldAsync(Cancellation);
        Assert.Equal(63, rest.Calls.Count);
        rest.Decide(silos);

        Assert.All(await Task.WhenAll(asked), reply => Assert.False(reply.IsFault));
    }

    [Fact(Timeout = LongestWait)]
    public async Task Each_spec_travels_once_and_each_request_with_all_that_it_names()
    {
        var silos = new ScriptedSilos();
        var engine = silos.Engine(Always);
        var places = LimitSpec.Of(Algorithm.TokenBucket, Bandwidth.Of(3, TimeSpan.FromMinutes(1)));
        await LearnAsync(engine, silos, "first", "a", "b");
        silos.Hold = true;

        var first = AskAsync(engine, "first");
        var held = await silos.HeldAsync(Cancellation);
        LimitRequest[] requests =
        [
            Request("a") with { Id = RequestId.Of("order-1"), Permits = Permits.Of(7) },
            Request("b") with { Spec = places, Operation = Operation.Refund },
            Request("b") with { Lease = new LeaseId(((UInt128)5 << 64) | 6) },
            Request("a") with { Spec = places, Operation = Operation.Peek, Permits = Permits.Of(0) },
        ];
        var asked = requests.Select(request => engine.ExecuteAsync(request, Cancellation).AsTask()).ToArray();
        held.Decide(silos);
        var batch = await silos.HeldAsync(Cancellation);
        batch.Decide(silos);
        await Task.WhenAll(asked);
        await first;

        Assert.Equal(2, batch.Message.Specs.Length);
        var catalog = new SpecCatalog();
        Assert.Equal(
            requests.Select(request => request with { Key = default, Spec = catalog.ToSpec(catalog.ToMessage(request.Spec)) }),
            batch.Calls.Select(call => WireMap.ToRequest(call, catalog)));
    }

    [Fact(Timeout = LongestWait)]
    public async Task Who_goes_while_it_waits_is_not_sent_and_who_goes_when_its_batch_is_out_ends_its_own_wait_alone()
    {
        var silos = new ScriptedSilos();
        var engine = silos.Engine(Always);
        await LearnAsync(engine, silos, "first", "a", "b");
        silos.Hold = true;
        using var early = new CancellationTokenSource();
        using var late = new CancellationTokenSource();

        var first = AskAsync(engine, "first");
        var held = await silos.HeldAsync(Cancellation);
        var leaving = engine.ExecuteAsync(Request("a"), early.Token).AsTask();
        var sent = engine.ExecuteAsync(Request("b"), late.Token).AsTask();
        var patient = AskAsync(engine, "b");
        await early.CancelAsync();
        Assert.Equal(early.Token, (await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaving)).CancellationToken);
        held.Decide(silos);
        var batch = await silos.HeldAsync(Cancellation);
        await late.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sent);
        batch.Decide(silos);

        Assert.False((await patient).IsFault || (await first).IsFault);
        Assert.Equal(["b", "b"], batch.Subjects);
    }

    [Fact(Timeout = LongestWait)]
    public async Task When_all_who_waited_have_gone_nothing_is_sent_and_the_next_goes_at_once()
    {
        var silos = new ScriptedSilos();
        var engine = silos.Engine(Always);
        await LearnAsync(engine, silos, "first", "a");
        silos.Hold = true;
        using var gone = new CancellationTokenSource();

        var first = AskAsync(engine, "first");
        var held = await silos.HeldAsync(Cancellation);
        var leaving = engine.ExecuteAsync(Request("a"), gone.Token).AsTask();
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaving);
        silos.Hold = false;
        held.Decide(silos);
        await first;
        await AskAsync(engine, "first");

        Assert.Equal(["batch@31001:first", "batch@31001:first"], silos.TakeAsked());
    }

    [Theory(Timeout = LongestWait)]
    [InlineData(true, EngineFaultKind.DeadlineExceeded)]
    [InlineData(false, EngineFaultKind.Unavailable)]
    public async Task A_batch_that_fails_is_each_requests_fault_and_the_silos_keys_go_alone_for_a_while(bool isLate, EngineFaultKind fault)
    {
        var silos = new ScriptedSilos();
        var engine = silos.Engine(Always);
        await LearnAsync(engine, silos, "first", "a", "b");
        silos.Hold = true;

        var first = AskAsync(engine, "first");
        var held = await silos.HeldAsync(Cancellation);
        var waiting = AskAsync(engine, "a");
        held.Answer.SetException(isLate ? new TimeoutException() : new SiloUnavailableException());

        // Who was not sent yet is not lost with it.
        Assert.Equal((fault, false), ((await first).Fault.Kind, (await waiting).IsFault));
        await AskAsync(engine, "a");
        await AskAsync(engine, "a");
        Assert.Equal(["batch@31001:first", "alone:a", "alone:a", "alone:a"], silos.TakeAsked());

        silos.Hold = false;
        silos.Time.Advance(Always.Pause);
        await AskAsync(engine, "a");
        await AskAsync(engine, "a");
        Assert.Equal(["alone:a", "batch@31001:a"], silos.TakeAsked());
    }

    [Fact(Timeout = LongestWait)]
    public async Task A_silo_that_answers_no_batch_is_not_waited_for()
    {
        var silos = new ScriptedSilos();
        var engine = silos.Engine(Always);
        await LearnAsync(engine, silos, "first", "a", "b");
        silos.Hold = true;

        var first = AskAsync(engine, "first");
        var held = await silos.HeldAsync(Cancellation);
        var waiting = AskAsync(engine, "a");
        silos.Time.Advance(Always.Late);
        Assert.False(waiting.IsCompleted);
        silos.Time.Advance(TimeSpan.FromMilliseconds(1));

        // Whoever comes then takes those along who wait.
        Assert.False((await AskAsync(engine, "b")).IsFault);
        Assert.False((await waiting).IsFault);
        Assert.Equal(["alone:a", "alone:b", "batch@31001:first"], silos.TakeAsked().Order());
        silos.Hold = false;
        held.Decide(silos);
        await first;
        await AskAsync(engine, "b");
        Assert.Equal(["batch@31001:b"], silos.TakeAsked());
    }

    [Fact(Timeout = LongestWait)]
    public async Task A_batch_whose_answer_is_lost_holds_nobody_up_while_those_after_it_are_answered()
    {
        var silos = new ScriptedSilos();
        var engine = silos.Engine(Always);
        await LearnAsync(engine, silos, "lost", "one");
        silos.Hold = true;

        var lost = AskAsync(engine, "lost");
        await silos.HeldAsync(Cancellation);
        var asked = Enumerable.Range(0, Always.Most).Select(_ => AskAsync(engine, "one")).ToArray();
        var full = await silos.HeldAsync(Cancellation);
        var waiting = AskAsync(engine, "one");
        silos.Hold = false;
        full.Decide(silos);

        Assert.False((await waiting).IsFault);
        Assert.All(await Task.WhenAll(asked), reply => Assert.False(reply.IsFault));
        Assert.False(lost.IsCompleted);
    }

    [Fact(Timeout = LongestWait)]
    public async Task A_batch_that_is_not_answered_is_given_up_as_a_call_that_goes_alone_is()
    {
        var silos = new ScriptedSilos();
        var engine = silos.Engine(Always);
        await LearnAsync(engine, silos, "one");
        silos.Hold = true;

        var asked = AskAsync(engine, "one");
        await silos.HeldAsync(Cancellation);
        await Eventually.TrueAsync(
            "the batch given up",
            () =>
            {
                silos.Time.Advance(Always.Longest);
                return Task.FromResult(asked.IsCompleted);
            },
            Cancellation);

        Assert.Equal(EngineFaultKind.DeadlineExceeded, (await asked).Fault.Kind);
    }

    [Fact(Timeout = LongestWait)]
    public async Task A_key_that_is_elsewhere_is_asked_there_from_then_on()
    {
        var silos = new ScriptedSilos();
        var engine = silos.Engine(Always);
        await LearnAsync(engine, silos, "a", "b");

        silos.Home = ScriptedSilos.Other;
        await AskAsync(engine, "a");
        await AskAsync(engine, "a");
        await AskAsync(engine, "b");

        Assert.Equal(["batch@31001:a", "batch@31002:a", "batch@31001:b"], silos.TakeAsked());
    }

    [Fact(Timeout = LongestWait)]
    public async Task A_silo_that_leaves_does_nothing_and_its_requests_are_asked_alone()
    {
        var silos = new ScriptedSilos();
        var engine = silos.Engine(Always);
        await LearnAsync(engine, silos, "first", "a", "b");
        silos.Hold = true;
        using var gone = new CancellationTokenSource();

        var first = AskAsync(engine, "first");
        var held = await silos.HeldAsync(Cancellation);
        var asked = ((string[])["a", "b"]).Select(subject => AskAsync(engine, subject)).ToArray();
        var leaving = engine.ExecuteAsync(Request("a"), gone.Token).AsTask();
        held.Decide(silos);
        var batch = await silos.HeldAsync(Cancellation);
        await gone.CancelAsync();
        silos.TakeAsked();
        batch.Answer.SetResult(ScriptedSilos.ReplyOf(LimitBatchReplyMessage.NothingDone));

        Assert.All(await Task.WhenAll(asked), reply => Assert.False(reply.IsFault));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaving);
        await first;
        Assert.Equal(["alone:a", "alone:b"], silos.TakeAsked().Order());
    }

    [Fact(Timeout = LongestWait)]
    public async Task Replies_that_are_late_are_collected_and_hold_up_neither_the_others_nor_the_next_batch()
    {
        var silos = new ScriptedSilos();
        var engine = silos.Engine(Always);
        await LearnAsync(engine, silos, "first", "a", "slow");
        silos.Hold = true;
        var rests = new Queue<TaskCompletionSource<LimitBatchReplyMessage>>([new(), new()]);
        var collected = rests.ToArray();
        silos.Collect = rest => rest == 77 ? rests.Dequeue().Task : throw new InvalidOperationException($"There is no {rest}.");

        var first = AskAsync(engine, "first");
        var held = await silos.HeldAsync(Cancellation);
        var (slow, slower, quick) = (AskAsync(engine, "slow"), AskAsync(engine, "slow"), AskAsync(engine, "a"));
        held.Decide(silos);
        var batch = await silos.HeldAsync(Cancellation);
        batch.Answer.SetResult(ScriptedSilos.ReplyOf(77, (2, silos.Decided())));
        Assert.False((await quick).IsFault);

        silos.Hold = false;
        Assert.False((await AskAsync(engine, "a")).IsFault);
        Assert.False(slow.IsCompleted || slower.IsCompleted);
        collected[0].SetResult(ScriptedSilos.ReplyOf(77, (0, silos.Decided())));
        Assert.False((await slow).IsFault || slower.IsCompleted);
        collected[1].SetResult(ScriptedSilos.ReplyOf(0, (1, silos.Decided())));
        Assert.False((await slower).IsFault);
        await first;
    }

    [Fact(Timeout = LongestWait)]
    public async Task Late_replies_that_are_lost_with_their_silo_are_faults_of_those_requests_alone()
    {
        var silos = new ScriptedSilos();
        var engine = silos.Engine(Always);
        await LearnAsync(engine, silos, "a", "b");
        silos.Hold = true;
        silos.Collect = _ => Task.FromException<LimitBatchReplyMessage>(new SiloUnavailableException());

        var a = AskAsync(engine, "a");
        var held = await silos.HeldAsync(Cancellation);
        var (b, c) = (AskAsync(engine, "b"), AskAsync(engine, "a"));
        held.Answer.SetResult(ScriptedSilos.ReplyOf(0));
        var batch = await silos.HeldAsync(Cancellation);
        batch.Answer.SetResult(ScriptedSilos.ReplyOf(1, (1, silos.Decided())));

        // A reply that a silo does not have is a fault too.
        Assert.Equal(EngineFaultKind.Unavailable, (await a).Fault.Kind);
        Assert.Equal((EngineFaultKind.Unavailable, false), ((await b).Fault.Kind, (await c).IsFault));
    }

    [Fact(Timeout = LongestWait)]
    public async Task What_keeps_one_actor_from_answering_is_its_requests_fault_alone()
    {
        var silos = new ScriptedSilos();
        var engine = silos.Engine(Always);
        await LearnAsync(engine, silos, "first", "a");
        silos.Hold = true;

        var first = AskAsync(engine, "first");
        var held = await silos.HeldAsync(Cancellation);
        ReplyKind[] kinds =
        [
            ReplyKind.Unavailable, ReplyKind.Overloaded, ReplyKind.RequestIdReused, ReplyKind.NotSupported, ReplyKind.TimedOut,
            (ReplyKind)99,
        ];
        var asked = kinds.Select(_ => AskAsync(engine, "a")).ToArray();
        held.Decide(silos);
        var batch = await silos.HeldAsync(Cancellation);
        batch.Answer.SetResult(ScriptedSilos.ReplyOf(0, [.. kinds.Select((kind, place) => (place, WireMap.Failed(kind)))]));

        await Assert.ThrowsAsync<NotSupportedException>(() => asked[3]);
        Assert.Equal(
            [
                EngineFaultKind.Unavailable, EngineFaultKind.Overloaded, EngineFaultKind.RequestIdReused, EngineFaultKind.DeadlineExceeded,
                EngineFaultKind.Unavailable,
            ],
            (await Task.WhenAll(asked.Where((_, place) => place != 3))).Select(reply => reply.Fault.Kind));
        await first;
    }

    [Fact(Timeout = LongestWait)]
    public async Task A_key_that_its_common_actor_counts_is_asked_there()
    {
        var silos = new ScriptedSilos();
        var engine = silos.Engine(Always);
        await LearnAsync(engine, silos, "a");
        silos.Hold = true;

        var asked = AskAsync(engine, "a");
        var held = await silos.HeldAsync(Cancellation);
        held.Answer.SetResult(ScriptedSilos.ReplyOf(0, (0, WireMap.Failed(ReplyKind.AskCommon))));

        Assert.False((await asked).IsFault);
        Assert.Equal(["batch@31001:a", "alone:a"], silos.TakeAsked());
    }

    [Fact(Timeout = LongestWait)]
    public async Task A_silo_that_takes_no_batches_gets_none()
    {
        var silos = new ScriptedSilos(takeBatches: false);
        var engine = silos.Engine(Always);

        for (var i = 0; i < 3; i++)
            await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => AskAsync(engine, "one")));

        Assert.Equal(Enumerable.Repeat("alone:one", 60), silos.TakeAsked());
    }

    [Fact(Timeout = LongestWait)]
    public async Task A_silo_that_is_gone_gets_no_batches()
    {
        var silos = new ScriptedSilos();
        var engine = silos.Engine(Always);
        await LearnAsync(engine, silos, "a", "b");

        silos.SetSilos(ScriptedSilos.Other);
        silos.Home = ScriptedSilos.Other;
        await AskAsync(engine, "a");
        await AskAsync(engine, "a");

        Assert.Equal(["alone:a", "batch@31002:a"], silos.TakeAsked());
    }

    private static LimitRequest Request(string subject) =>
        new(TestSilos.Key(subject), TestSilos.TenAnHour, Operation.Acquire, Permits.One);

    private static Task<EngineReply> AskAsync(OrleansEngine engine, string subject) =>
        engine.ExecuteAsync(Request(subject), Cancellation).AsTask();

    /// <summary>Asks for each once, which tells the engine where it is.</summary>
    private static async Task LearnAsync(OrleansEngine engine, ScriptedSilos silos, params string[] subjects)
    {
        foreach (var subject in subjects)
            Assert.False((await AskAsync(engine, subject)).IsFault);
        Assert.Equal(subjects.Select(subject => $"alone:{subject}"), silos.TakeAsked());
    }
}
