using Microsoft.Extensions.DependencyInjection;
using OrleansLimiter.Conformance;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Engines.Orleans;
using OrleansLimiter.Engines.Orleans.Batches;
using OrleansLimiter.Grains;
using OrleansLimiter.Grains.Batches;
using OrleansLimiter.TestKit;
using Xunit;

namespace OrleansLimiter.Orleans.Tests.Batches;

/// <summary>Batches in a cluster: what each caller is told is what it would have been told alone.</summary>
public sealed class BatchClusterTests
{
    private const int LongestWait = 120_000;

    private static readonly BatchSettings Always = new() { CallsAlone = 0, Least = 1, Late = TimeSpan.FromMinutes(1) };
    private static readonly LimitSpec Plenty = LimitSpec.Of(Algorithm.TokenBucket, Bandwidth.Of(1_000, TimeSpan.FromDays(365)));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = LongestWait)]
    public async Task Never_more_than_the_limit_is_admitted_and_never_less_of_many_callers_at_two_front_ends()
    {
        var watch = new BatchWatch();
        await using var silos = await StartAsync(watch);
        OrleansEngine[] engines = [silos.FrontEnd(batches: new BatchSettings()), silos.FrontEnd(batches: Always)];
        foreach (var algorithm in Enum.GetValues<Algorithm>())
        {
            var spec = LimitSpec.Of(algorithm, Bandwidth.Of(100, TimeSpan.FromDays(365)));
            var admitted = new int[4];
            await Task.WhenAll(Enumerable.Range(0, 128).Select(caller => Task.Run(async () =>
            {
                for (var i = 0; i < 12; i++)
                {
                    var key = (caller + i) % admitted.Length;
                    var request = Request($"{algorithm}-{key}", spec);
                    var reply = await engines[caller % 2].ExecuteAsync(request, Cancellation);
                    Assert.False(reply.IsFault);
                    if (reply.Decision.IsAdmitted)
                        Interlocked.Increment(ref admitted[key]);
                }
            })));

            Assert.All(admitted, count => Assert.Equal(100, count));
        }

        Assert.InRange(watch.Batches, 1, int.MaxValue);
    }

    [Fact(Timeout = LongestWait)]
    public async Task Every_answer_within_a_batch_is_the_cores()
    {
        var watch = new BatchWatch();
        await using var silos = await StartAsync(watch, count: 1);
        var engine = silos.FrontEnd(batches: Always);
        foreach (var seed in Enumerable.Range(1, 70))
        {
            var dice = new Dice(seed);
            var spec = RandomSpecs.Draw(
                dice, dice.OneOf(Enum.GetValues<Algorithm>()), dice.OneOf(Enum.GetValues<Flavour>()));
            var scope = KeyScope.Of("acme", $"policy-{seed}");
            var keys = new Dictionary<string, (LimitSpec Spec, KeyState State)>();
            for (var round = 0; round < 8; round++)
            {
                var step = dice.OnceIn(4) ? 0 : dice.From(0, 1 + spec.Bandwidths[0].WindowMicroseconds / 3);
                silos.Time.Advance(TimeSpan.FromMicroseconds(Math.Min(step, 1L << 50)));
                var now = new Instant((silos.Time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond);
                var requests = round == 0
                    ? [.. Enumerable.Range(1, 4).Select(i => new LimitRequest(KeyOf(scope, i), spec, Operation.Peek, Permits.Of(0)))]
                    : Enumerable.Range(0, (int)dice.From(2, 20)).Select(i => Draw(dice, spec, scope, round, i)).ToArray();
                var replies = await TogetherAsync(engine, watch, requests, isFirst: round == 0);
                for (var i = 0; i < requests.Length; i++)
                {
                    var subject = requests[i].Key.Subject;
                    var (held, state) = keys.TryGetValue(subject, out var known) ? known : (spec, LimitKey.Fresh(spec, now));
                    var lease = requests[i].Lease;
                    var expected = LimitKey.Execute(ref held, ref state, requests[i], lease, now).Decision;
                    keys[subject] = (held, state);

                    Assert.True(expected == replies[i].Decision && !replies[i].IsFault,
                        $"Seed {seed}, round {round}, request {i} ({requests[i]}): {replies[i].Decision} instead of {expected}");
                }
            }
        }
    }

    [Fact(Timeout = LongestWait)]
    public async Task A_slow_actor_holds_up_neither_the_others_of_its_batch_nor_the_next_one()
    {
        var watch = new BatchWatch();
        await using var silos = await StartAsync(watch, count: 1);
        var engine = silos.FrontEnd(batches: Always);
        LimitRequest[] requests = [.. Enumerable.Range(0, 20).Select(i => Request($"key-{i}", Plenty))];
        await TogetherAsync(engine, watch, requests, isFirst: true);

        // It is not there, and comes back when its silo gets to it.
        await silos.DeactivateAsync("key-7");
        watch.Hold(TestSilos.IdOf("key-7"));

        var asked = await GatherAsync(engine, watch, requests);
        await Task.WhenAll(asked.Where((_, i) => i != 7));
        var next = await engine.ExecuteAsync(requests[3], Cancellation);
        Assert.False(asked[7].IsCompleted);
        watch.Release(TestSilos.IdOf("key-7"));

        Assert.Equal(Plenty.Capacity - 2, (await asked[7]).Decision.Remaining);
        Assert.Equal(Plenty.Capacity - 3, next.Decision.Remaining);
    }

    [Fact(Timeout = LongestWait)]
    public async Task Keys_whose_actors_share_a_place_are_never_counted_as_one()
    {
        var watch = new BatchWatch();
        await using var silos = await StartAsync(watch, count: 1);
        var engine = silos.FrontEnd(batches: Always);
        var shared = Enumerable.Range(0, 20_000).Select(i => $"key-{i}")
            .GroupBy(name => CountingActor.PlaceOf(ActorKind.TokenBucket, TestSilos.IdOf(name).Key.AsSpan()))
            .First(group => group.Count() > 1).Take(2).ToArray();

        for (var i = 0; i < 6; i++)
        {
            Assert.Equal(9 - i, (await engine.ExecuteAsync(Request(shared[0], TestSilos.TenAnHour), Cancellation)).Decision.Remaining);
            Assert.Equal(999 - i, (await engine.ExecuteAsync(Request(shared[1], Plenty), Cancellation)).Decision.Remaining);
        }

        Assert.Equal(10, watch.Batches);
    }

    [Fact(Timeout = LongestWait)]
    public async Task A_key_that_went_to_another_silo_is_found_there_and_nothing_is_refused_or_lost()
    {
        var watch = new BatchWatch();
        await using var silos = await StartAsync(watch);
        var engine = silos.FrontEnd(batches: Always);
        LimitRequest[] requests = [.. Enumerable.Range(0, 40).Select(i => Request($"key-{i}", TestSilos.TenAnHour))];
        await TogetherAsync(engine, watch, requests, isFirst: true);
        var before = requests.Select(request => silos.SiloOf(request.Key.Subject)).ToArray();
        foreach (var request in requests)
            await silos.DeactivateAsync(request.Key);
        var batches = watch.Batches;

        var replies = await Task.WhenAll(requests.Select(request => engine.ExecuteAsync(request, Cancellation).AsTask()));

        Assert.All(replies, reply => Assert.Equal(8, reply.Decision.Remaining));
        Assert.NotEqual(before, requests.Select(request => silos.SiloOf(request.Key.Subject)));
        Assert.InRange(watch.Batches, batches + 1, int.MaxValue);
    }

    [Fact(Timeout = LongestWait)]
    public async Task A_silo_that_is_killed_in_mid_batch_costs_a_fault_each_and_its_keys_answer_again()
    {
        var watch = new BatchWatch();
        await using var silos = await StartAsync(watch);
        var engine = silos.FrontEnd(batches: Always);
        LimitRequest[] requests = [.. Enumerable.Range(0, 40).Select(i => Request($"key-{i}", TestSilos.TenASecond))];
        await TogetherAsync(engine, watch, requests, isFirst: true);
        var lost = silos.SiloOf("key-0");
        LimitRequest[] onIt = [.. requests.Where(request => silos.SiloOf(request.Key.Subject) == lost)];
        watch.Close();
        using var patience = new CancellationTokenSource();
        var asked = onIt.Select(request => engine.ExecuteAsync(request, patience.Token).AsTask()).ToArray();
        await watch.HeldAsync(Cancellation);

        await silos.Cluster.KillSiloAsync(lost, Cancellation);
        watch.Open();
        await silos.Cluster.WaitForLivenessToStabilizeAsync(didKill: true);
        await patience.CancelAsync();
        foreach (var call in asked)
        {
            // Told that the silo is gone, or gone itself while it waited.
            var ended = await Record.ExceptionAsync(() => call);
            Assert.True(ended is null or OperationCanceledException, ended?.ToString());
        }

        foreach (var request in requests)
        {
            var again = await engine.ExecuteAsync(request, Cancellation);
            for (var i = 0; again.IsFault && i < 100; i++)
                again = await engine.ExecuteAsync(request, Cancellation);
            Assert.False(again.IsFault);
        }
    }

    [Fact(Timeout = LongestWait)]
    public async Task Silos_of_a_build_that_takes_no_batches_are_asked_alone_beside_those_that_do()
    {
        var watch = new BatchWatch();
        var build = new SiloBuild { TakesBatches = false };
        await using var silos = await StartAsync(watch, count: 1, build);
        var engine = silos.FrontEnd(batches: Always);
        LimitRequest[] requests = [.. Enumerable.Range(0, 60).Select(i => Request($"key-{i}", TestSilos.TenAnHour))];
        for (var i = 0; i < 2; i++)
            Assert.All(await TogetherAsync(engine, watch, requests[..30], isFirst: true), reply => Assert.False(reply.IsFault));
        Assert.Equal(0, watch.Batches);

        build.TakesBatches = true;
        var joined = await silos.Cluster.StartAdditionalSiloAsync();
        await silos.Cluster.WaitForLivenessToStabilizeAsync();
        await silos.KnownAsync(Cancellation);
        for (var i = 0; i < 4; i++)
        {
            foreach (var request in requests)
                Assert.False((await engine.ExecuteAsync(request, Cancellation)).IsFault);
        }

        foreach (var request in requests)
        {
            var isOld = Array.IndexOf(requests, request) < 30;
            var left = await engine.ExecuteAsync(request with { Operation = Operation.Peek, Permits = Permits.Of(0) }, Cancellation);
            Assert.Equal(isOld ? 4 : 6, left.Decision.Remaining);
        }

        Assert.InRange(
            watch.Batches, 1, 4 * requests.Count(request => silos.SiloOf(request.Key.Subject) == joined) + requests.Length);
    }

    [Fact(Timeout = LongestWait)]
    public async Task An_actor_that_is_asked_in_batches_alone_is_not_taken_for_an_idle_one()
    {
        var watch = new BatchWatch();
        await using var silos = await StartAsync(watch, count: 1);
        var engine = silos.FrontEnd(batches: Always);
        LimitRequest[] requests = [Request("message", TestSilos.TenASecond), Request("batch", TestSilos.TenASecond)];
        await TogetherAsync(engine, watch, requests, isFirst: true);
        await engine.ExecuteAsync(requests[1], Cancellation);

        await silos.Cluster.Client.GetGrain<IManagementGrain>(0).ForceActivationCollection(TimeSpan.Zero, Cancellation);

        Assert.Equal((false, true), (silos.IsActive(TestSilos.IdOf("message")), silos.IsActive(TestSilos.IdOf("batch"))));
        Assert.Equal(7, (await engine.ExecuteAsync(requests[1], Cancellation)).Decision.Remaining);
    }

    private static Task<TestSilos> StartAsync(BatchWatch watch, short count = 2, SiloBuild? build = null) => TestSilos.StartAsync(
        count: count, build: build, more: silo => silo.Services.AddSingleton<IIncomingGrainCallFilter>(watch));

    private static LimitRequest Request(string subject, LimitSpec spec) =>
        new(TestSilos.Key(subject), spec, Operation.Acquire, Permits.One);

    private static SubjectKey KeyOf(KeyScope scope, long number) => SubjectKey.Of(scope, $"subject-{number}");

    private static LimitRequest Draw(Dice dice, LimitSpec spec, KeyScope scope, int round, int number)
    {
        var operation = dice.OneOf(
            Operation.Acquire, Operation.Acquire, Operation.Acquire, Operation.AcquireUpTo, Operation.Peek, Operation.Refund,
            Operation.Charge);
        if (!spec.Supports(operation))
            operation = Operation.Acquire;
        var permits = dice.OneOf(1, 1, 1, 2, 0, dice.From(0, spec.Capacity + 1), spec.Capacity);
        var isPlace = spec.Algorithm == Algorithm.Concurrency;
        return new LimitRequest(
            KeyOf(scope, dice.From(1, 4)),
            spec,
            operation,
            Permits.Of(Math.Max(operation == Operation.Peek ? 0 : 1, permits)),
            !isPlace && dice.OnceIn(3) ? RequestId.Of($"{round}-{number}") : RequestId.None,
            isPlace ? new LeaseId((UInt128)((round * 100) + number + 1)) : LeaseId.None);
    }

    /// <summary>Has requests asked as one batch, or alone where the engine does not know yet where they are.</summary>
    private static async Task<EngineReply[]> TogetherAsync(
        OrleansEngine engine, BatchWatch watch, LimitRequest[] requests, bool isFirst)
    {
        if (!isFirst)
            return await Task.WhenAll(await GatherAsync(engine, watch, requests));
        return await Task.WhenAll(requests.Select(request => engine.ExecuteAsync(request, Cancellation).AsTask()));
    }

    /// <summary>Has requests of one silo asked while a batch is under way, which is answered then.</summary>
    private static async Task<Task<EngineReply>[]> GatherAsync(OrleansEngine engine, BatchWatch watch, LimitRequest[] requests)
    {
        var first = new LimitRequest(
            SubjectKey.Of(requests[0].Key.Scope, "first"), requests[0].Spec, Operation.Peek, Permits.Of(0));
        await engine.ExecuteAsync(first, Cancellation);
        watch.Close();
        var under = engine.ExecuteAsync(first, Cancellation).AsTask();
        await watch.HeldAsync(Cancellation);
        var batches = watch.Batches;
        var asked = requests.Select(request => engine.ExecuteAsync(request, Cancellation).AsTask()).ToArray();
        watch.Open();
        await under;
        while (watch.Batches == batches)
            await Task.Yield();
        Assert.Equal(batches + 1, watch.Batches);
        return asked;
    }
}
