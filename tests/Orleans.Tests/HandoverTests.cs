using Microsoft.Extensions.DependencyInjection;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Engines.Orleans;
using OrleansLimiter.Grains;
using OrleansLimiter.TestKit;
using Xunit;

namespace OrleansLimiter.Orleans.Tests;

/// <summary>Every algorithm has actors of its own, and what a key has used goes with it from one to the other.</summary>
public sealed class HandoverTests
{
    private const int LongestWait = 120_000;

    private static readonly TimeSpan Never = TimeSpan.FromHours(1);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_key_is_counted_by_its_algorithms_own_actor()
    {
        await using var silos = await TestSilos.StartAsync(count: 1);
        foreach (var algorithm in Enum.GetValues<Algorithm>())
        {
            var key = KeyOf(algorithm);

            Assert.Equal(9, await RemainingAsync(silos, key, algorithm, cost: 1));

            Assert.Equal([GrainId.Create(ActorTypes.Of(algorithm), key.ToString())], TestSilos.IdsOf(key).Where(silos.IsActive));
        }
    }

    [Fact]
    public void No_actors_name_is_longer_than_the_one_that_all_had() =>
        Assert.All(Enum.GetValues<Algorithm>(), algorithm => Assert.InRange(ActorTypes.Of(algorithm).Length, 1, ActorTypes.Common.Length));

    [Fact]
    public async Task A_request_of_a_policy_that_does_not_change_is_one_call_to_one_actor()
    {
        var calls = new CallCounts();
        await using var silos = await TestSilos.StartAsync(more: silo => silo.AddIncomingGrainCallFilter(calls));
        for (var i = 0; i < 50; i++)
        {
            for (var request = 0; request < 3; request++)
                await silos.DecideAsync($"key-{i}", TestSilos.TenAnHour, Operation.Acquire, 1, Cancellation);
        }

        Assert.Equal((150, 0, 0), (calls.Of("ExecuteAsync"), calls.Of("GiveAsync"), calls.Of("TakenAsync")));
        Assert.Equal(50, Enumerable.Range(0, 50).SelectMany(i => TestSilos.IdsOf(KeyOf(i))).Count(silos.IsActive));
    }

    [Theory]
    [InlineData(3_600)]
    [InlineData(1)]
    public async Task A_policy_that_goes_to_another_algorithm_and_back_gives_no_burst_away_and_forgets_nothing(int seconds)
    {
        await using var silos = await TestSilos.StartAsync(options => options.SnapshotInterval = Never);
        var (bucket, gcra) = (Of(Algorithm.TokenBucket, 10, seconds), Of(Algorithm.Gcra, 10, seconds));

        Assert.Equal(4, (await silos.DecideAsync("one", bucket, Operation.Acquire, 6, Cancellation)).Remaining);
        Assert.Equal(1, (await silos.DecideAsync("one", gcra, Operation.Acquire, 3, Cancellation)).Remaining);
        Assert.Equal(Outcome.Limited, (await silos.DecideAsync("one", bucket, Operation.Acquire, 2, Cancellation)).Outcome);
        Assert.Equal(0, (await silos.DecideAsync("one", bucket, Operation.Acquire, 1, Cancellation)).Remaining);
        foreach (var spec in (LimitSpec[])[gcra, bucket, gcra, bucket])
            Assert.Equal(Outcome.Limited, (await silos.DecideAsync("one", spec, Operation.Acquire, 1, Cancellation)).Outcome);

        silos.Time.Advance(TimeSpan.FromSeconds(seconds) / 10);
        Assert.Equal(0, (await silos.DecideAsync("one", gcra, Operation.Acquire, 1, Cancellation)).Remaining);
        Assert.Equal(Outcome.Limited, (await silos.DecideAsync("one", bucket, Operation.Acquire, 1, Cancellation)).Outcome);
    }

    [Fact]
    public async Task A_snapshot_is_read_by_whatever_actor_the_policy_names_next()
    {
        await using var silos = await TestSilos.StartAsync(options => options.SnapshotInterval = Never);
        foreach (var algorithm in Enum.GetValues<Algorithm>())
        {
            var key = KeyOf(algorithm);
            await RemainingAsync(silos, key, Algorithm.FixedWindow, cost: 6);

            await silos.DeactivateAsync(key);

            // Permits and places do not turn into one another.
            Assert.Equal(algorithm == Algorithm.Concurrency ? 10 : 4, await RemainingAsync(silos, key, algorithm));
        }
    }

    [Fact]
    public async Task Callers_of_two_algorithms_at_once_are_admitted_exactly_the_limit()
    {
        await using var silos = await TestSilos.StartAsync();
        var other = silos.FrontEnd();
        var calls = new List<Task<(int Key, bool IsAdmitted)>>();
        for (var i = 0; i < 2_000; i++)
            calls.Add(AdmittedAsync(i % 2 == 0 ? silos.Engine : other, i % 20, TenOf(i % 2 == 0 ? Algorithm.TokenBucket : Algorithm.Gcra)));

        var admitted = (await Task.WhenAll(calls)).Where(call => call.IsAdmitted).CountBy(call => call.Key).ToDictionary();

        Assert.Equal(Enumerable.Range(0, 20), admitted.Keys.Order());
        Assert.All(admitted.Values, count => Assert.Equal(10, count));
    }

    [Fact(Timeout = LongestWait)]
    public async Task Once_all_callers_name_one_algorithm_again_its_own_actors_take_over_what_was_used()
    {
        await using var silos = await TestSilos.StartAsync(options => options.SnapshotInterval = Never);
        var (bucket, gcra) = (TestSilos.TenAnHour, TenOf(Algorithm.Gcra));
        await silos.DecideAsync("one", bucket, Operation.Acquire, 3, Cancellation);
        await silos.DecideAsync("one", gcra, Operation.Acquire, 3, Cancellation);
        await TurnsToAsync(silos, "one", gcra);

        // Whoever counts a key stores it when it leaves.
        await silos.Cluster.DeactivateAsync(TestSilos.CommonIdOf("one"));
        Assert.False(silos.Disk.Has(TestSilos.CommonIdOf("one")));
        Assert.Equal(4, await silos.RemainingAsync("one", gcra, Cancellation));
        Assert.Equal(3, (await silos.DecideAsync("one", bucket, Operation.Acquire, 1, Cancellation)).Remaining);
    }

    [Theory(Timeout = LongestWait)]
    [InlineData("GiveAsync")]
    [InlineData("TakenAsync")]
    public async Task What_is_handed_over_is_not_lost_with_an_answer(string lost)
    {
        var calls = new CallCounts();
        await using var silos = await TestSilos.StartAsync(more: silo => silo.AddIncomingGrainCallFilter(calls));
        var second = Of(Algorithm.Gcra, 10, 1);
        await silos.DecideAsync("one", TestSilos.TenASecond, Operation.Acquire, 6, Cancellation);

        calls.Lost = lost;
        var reply = await silos.AskAsync("one", second, Operation.Acquire, 1, Cancellation);
        calls.Lost = null;

        Assert.Equal(lost == "GiveAsync", reply.IsFault);
        Assert.Equal(reply.IsFault ? 4 : 3, await silos.RemainingAsync("one", second, Cancellation));
        Assert.Equal(reply.IsFault ? 4 : 3, await silos.RemainingAsync("one", TestSilos.TenASecond, Cancellation));
    }

    [Fact]
    public async Task A_known_key_is_counted_on_though_its_tenant_has_no_room_for_another()
    {
        await using var silos = await TestSilos.StartAsync(
            options => (options.MaxActiveKeys, options.MaxActiveKeysPerTenant) = (100, 3), count: 1);
        foreach (var key in (string[])["a", "b", "c"])
            await silos.DecideAsync(key, TestSilos.TenAnHour, Operation.Acquire, 1, Cancellation);

        var gcra = TenOf(Algorithm.Gcra);
        foreach (var key in (string[])["a", "b", "c"])
            Assert.Equal(8, (await silos.DecideAsync(key, gcra, Operation.Acquire, 1, Cancellation)).Remaining);
        Assert.Equal(EngineFaultKind.KeyTableFull, (await silos.AskAsync("d", gcra, Operation.Acquire, 1, Cancellation)).Fault.Kind);
        await silos.DeactivateAsync("b");
        Assert.False((await silos.AskAsync("d", gcra, Operation.Acquire, 1, Cancellation)).IsFault);
    }

    [Fact]
    public async Task A_front_end_that_was_told_who_counts_asks_that_one_and_only_now_and_then_whether_it_still_does()
    {
        var calls = new CallCounts();
        await using var silos = await TestSilos.StartAsync(count: 1, more: silo => silo.AddIncomingGrainCallFilter(calls));
        await silos.DecideAsync("one", TestSilos.TenAnHour, Operation.Acquire, 1, Cancellation);
        await silos.DecideAsync("one", TenOf(Algorithm.Gcra), Operation.Acquire, 1, Cancellation);

        calls.Clear();
        for (var i = 0; i < CommonPolicies.TriedOnceIn; i++)
            await silos.DecideAsync($"key-{i}", TenOf(Algorithm.Gcra), Operation.Acquire, 1, Cancellation);

        Assert.Equal(CommonPolicies.TriedOnceIn + 1, calls.Of("ExecuteAsync"));
    }

    /// <summary>
    /// Callers of three algorithms ask about the same keys at once, while actors leave memory and come back and algorithms go out of use
    /// and into it again. A limit of a year, so that the time that passes gives nothing back.
    /// </summary>
    [Theory(Timeout = LongestWait)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Whatever_happens_meanwhile_no_key_is_admitted_more_than_its_limit(long seed)
    {
        const int Keys = 4;
        var calls = new CallCounts();
        await using var silos = await TestSilos.StartAsync(
            options => options.SnapshotInterval = TimeSpan.FromMilliseconds(20), more: silo => silo.AddIncomingGrainCallFilter(calls));
        Algorithm[] algorithms = [Algorithm.TokenBucket, Algorithm.Gcra, Algorithm.SlidingWindowLog];
        var specs = algorithms.Select(algorithm => Of(algorithm, 60, 366 * 86_400)).ToArray();
        var callers = specs.Select((spec, i) => (Engine: silos.FrontEnd(), Spec: spec, Dice: new Dice(seed * 10 + i))).ToArray();
        var admitted = new int[Keys];
        var dice = new Dice(seed);

        for (var round = 0; round < 24; round++)
        {
            // One, two or three algorithms are named for a while.
            var naming = callers.Where(_ => dice.OnceIn(2)).DefaultIfEmpty(callers[0]).ToArray();
            var asking = naming.Concat(naming)
                .Select(caller => AskForAWhileAsync(caller.Engine, caller.Spec, new Dice(caller.Dice.From(1, 1_000_000))));
            await Task.WhenAll([.. asking, DisturbAsync()]);
            silos.Time.Advance(TimeSpan.FromMinutes(dice.From(0, 2)));
        }

        foreach (var (engine, spec, _) in callers)
        {
            for (var key = 0; key < Keys; key++)
                while ((await AdmittedAsync(engine, key, spec)).IsAdmitted)
                    admitted[key]++;
        }

        Assert.All(admitted, count => Assert.Equal(60, count));
        Assert.InRange(calls.Of("TakenAsync"), 10, int.MaxValue);

        async Task AskForAWhileAsync(OrleansEngine engine, LimitSpec spec, Dice own)
        {
            for (var i = 0; i < 12; i++)
            {
                var operation = own.OnceIn(3) ? Operation.Acquire : Operation.Peek;
                var (key, isAdmitted) = await AdmittedAsync(engine, (int)own.From(0, Keys - 1), spec, operation);
                if (isAdmitted)
                    Interlocked.Increment(ref admitted[key]);
            }
        }

        async Task DisturbAsync()
        {
            // Whoever is in no turn at this moment.
            await silos.Cluster.Client.GetGrain<IManagementGrain>(0).ForceActivationCollection(TimeSpan.Zero, Cancellation);
        }
    }

    /// <summary>A silo that leaves stores what it counts and what it gave away: nothing of it is admitted twice.</summary>
    [Fact(Timeout = LongestWait)]
    public async Task A_silo_that_leaves_while_a_policy_changes_takes_nothing_with_it()
    {
        const int Keys = 20;
        await using var silos = await TestSilos.StartAsync(options => options.SnapshotInterval = Never, count: 3);
        var (bucket, gcra) = (Of(Algorithm.TokenBucket, 30, 366 * 86_400), Of(Algorithm.Gcra, 30, 366 * 86_400));
        var admitted = new int[Keys];
        for (var key = 0; key < Keys; key++)
            admitted[key] += (await AdmittedAsync(silos.Engine, key, bucket)).IsAdmitted ? 1 : 0;

        var asking = ((LimitSpec[])[bucket, gcra]).Select(spec => AskForAWhileAsync(silos.FrontEnd(), spec)).ToList();
        await silos.Cluster.StopSiloAsync(silos.Cluster.Silos[0], Cancellation);
        await Task.WhenAll(asking);

        for (var key = 0; key < Keys; key++)
        {
            while ((await AdmittedAsync(silos.Engine, key, gcra)).IsAdmitted)
                admitted[key]++;
        }

        Assert.All(admitted, count => Assert.InRange(count, 1, 30));
        Assert.InRange(admitted.Sum(), Keys * 30 - 60, Keys * 30);

        async Task AskForAWhileAsync(OrleansEngine engine, LimitSpec spec)
        {
            for (var i = 0; i < 200; i++)
            {
                // Who is asked while its silo leaves may not answer, and may have counted all the same.
                using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
                deadline.CancelAfter(TimeSpan.FromSeconds(1));
                try
                {
                    var reply = await engine.ExecuteAsync(
                        new LimitRequest(KeyOf(i % Keys), spec, Operation.Acquire, Permits.One), deadline.Token);
                    if (!reply.IsFault)
                        Interlocked.Add(ref admitted[i % Keys], (int)reply.Decision.Charged);
                }
                catch (OperationCanceledException) when (!Cancellation.IsCancellationRequested)
                {
                    // As a front end whose deadline has passed.
                }
            }
        }
    }

    /// <summary>Asks under one algorithm alone until all silos have noticed, and the key's own actor is asked.</summary>
    private static async Task TurnsToAsync(TestSilos silos, string subject, LimitSpec spec)
    {
        silos.Time.Advance(PolicyActors.InUseAfterAsked);
        var policies = silos.Cluster.Silos.Select(silo => silo.ServiceProvider.GetRequiredService<ActorsInUse>().Of("default")).ToList();
        var actor = silos.Cluster.Client.GetGrain<ILimitGrain>(TestSilos.IdOf(subject, spec.Algorithm));
        var look = WireMap.ToMessage(new LimitRequest(TestSilos.Key(subject), spec, Operation.Peek, default), new SpecCatalog());
        while ((ReplyKind)(await actor.ExecuteAsync(look, Cancellation)).Kind == ReplyKind.AskCommon)
        {
            silos.Time.Advance(PolicyActors.RefreshAfter);
            foreach (var policy in policies)
                await policy.Exchanging;
        }
    }

    private static async Task<(int Key, bool IsAdmitted)> AdmittedAsync(
        OrleansEngine engine, int key, LimitSpec spec, Operation operation = Operation.Acquire)
    {
        var reply = await engine.ExecuteAsync(new LimitRequest(KeyOf(key), spec, operation, Permits.One), Cancellation);
        Assert.False(reply.IsFault, reply.Fault.Kind.ToString());
        return (key, reply.Decision.Charged > 0);
    }

    /// <summary>What is left of a limit of ten an hour.</summary>
    private static async Task<long> RemainingAsync(TestSilos silos, SubjectKey key, Algorithm algorithm, int cost = 0)
    {
        var operation = cost == 0 ? Operation.Peek : Operation.Acquire;
        var reply = await silos.Engine.ExecuteAsync(new LimitRequest(key, TenOf(algorithm), operation, Permits.Of(cost)), Cancellation);
        Assert.False(reply.IsFault, $"{key}: {reply.Fault.Kind}");
        return reply.Decision.Remaining;
    }

    /// <summary>A key of a policy that only the tests of one algorithm name.</summary>
    private static SubjectKey KeyOf(Algorithm algorithm) => SubjectKey.Of(KeyScope.Of("acme", $"policy-{(int)algorithm}"), "one");

    private static SubjectKey KeyOf(int key) => TestSilos.Key($"key-{key}");

    private static LimitSpec TenOf(Algorithm algorithm) => Of(algorithm, 10, 3_600);

    private static LimitSpec Of(Algorithm algorithm, long limit, int seconds) =>
        LimitSpec.Of(algorithm, Bandwidth.Of(limit, TimeSpan.FromSeconds(seconds)));
}
