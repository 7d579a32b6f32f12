using OrleansLimiter.Conformance;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Engines.Redis;
using OrleansLimiter.TestKit;
using Xunit;
using static OrleansLimiter.Redis.Tests.TestEngine;

namespace OrleansLimiter.Redis.Tests;

/// <summary>What gathers while a call is under way travels as one, and each request of it is answered as if it were alone.</summary>
public sealed class BatchTests
{
    private static readonly LimitSpec TwentyAnHour = LimitSpec.Of(Algorithm.TokenBucket, Bandwidth.Of(20, TimeSpan.FromHours(1)));

    public static TheoryData<Algorithm> Batched => [.. Enum.GetValues<Algorithm>().Where(algorithm => algorithm != Algorithm.Concurrency)];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Requests_that_come_while_one_is_under_way_travel_as_one_and_who_comes_alone_waits_for_nobody()
    {
        await using var server = await RedisServer.StartAsync();
        var gate = new ScriptGate();
        using var engine = await ConnectAsync(server, gate);

        for (var i = 0; i < 3; i++)
            await engine.DecideAsync(Request("one", Plenty));
        Assert.Equal(["tokenBucket", "tokenBucket", "tokenBucket"], gate.TakeCalled());

        var replies = await TogetherAsync(
            engine, gate, Plenty, [.. Enumerable.Range(0, 40).Select(i => Request($"user-{i % 30}", Plenty))]);
        Assert.Equal(["tokenBucket", "batchTokenBucket"], gate.TakeCalled());
        Assert.Equal(
            Enumerable.Range(0, 40).Select(i => Plenty.Capacity - 1 - i / 30), replies.Select(reply => reply.Decision.Remaining));
        Assert.Equal(Plenty.Capacity - 2, await engine.RemainingAsync("user-9", Plenty));
    }

    [Fact]
    public async Task A_full_batch_does_not_wait_for_the_one_under_way()
    {
        await using var server = await RedisServer.StartAsync();
        var gate = new ScriptGate();
        using var engine = await ConnectAsync(server, gate);
        gate.Close();

        var asked = Enumerable.Range(0, 1 + 64 + 63).Select(_ => engine.AskAsync(Request("one", Plenty)).AsTask()).ToArray();
        Assert.Equal(["tokenBucket", "batchTokenBucket"], gate.TakeCalled());
        gate.Open();
        await Task.WhenAll(asked);

        Assert.Equal(["batchTokenBucket"], gate.TakeCalled());
        Assert.Equal(Enumerable.Range(1, 128).Select(used => Plenty.Capacity - used),
            asked.Select(reply => reply.Result.Decision.Remaining));
    }

    [Fact]
    public async Task What_names_a_request_or_a_place_goes_alone()
    {
        await using var server = await RedisServer.StartAsync();
        var gate = new ScriptGate();
        using var engine = await ConnectAsync(server, gate);
        var places = LimitSpec.Of(Algorithm.Concurrency, Bandwidth.Of(9, TimeSpan.FromHours(1)));

        await TogetherAsync(engine, gate, Plenty, Request("one", Plenty, id: "a"), Request("one", Plenty, id: "a"));
        Assert.Equal(["tokenBucket", "tokenBucket", "tokenBucket"], gate.TakeCalled());
        Assert.Equal(Plenty.Capacity - 1, await engine.RemainingAsync("one", Plenty));
        gate.TakeCalled();

        await TogetherAsync(engine, gate, places, Request("two", places), Request("two", places));
        Assert.Equal(["concurrency", "concurrency", "concurrency"], gate.TakeCalled());
    }

    [Theory]
    [MemberData(nameof(Batched))]
    public async Task Every_answer_within_a_batch_is_the_cores(Algorithm algorithm)
    {
        await using var server = await RedisServer.StartAsync();
        var gate = new ScriptGate();
        var now = new Instant(1_795_308_217_000_001);
        using var engine = await ConnectAsync(server, gate, clock: () => now);
        for (var seed = 1; seed <= 40; seed++)
        {
            var dice = new Dice(seed);
            var spec = RandomSpecs.Draw(dice, algorithm, dice.OneOf(Enum.GetValues<Flavour>()));
            var scope = KeyScope.Of("dev-free", $"policy-{seed}");
            var keys = new Dictionary<string, (LimitSpec Spec, KeyState State)>();
            for (var round = 0; round < 12; round++)
            {
                now = new Instant(now.Microseconds + (dice.OnceIn(4) ? 0 : dice.From(0, 1 + spec.Bandwidths[0].WindowMicroseconds / 3)));
                var requests = Enumerable.Range(0, (int)dice.From(2, 20)).Select(_ => Draw(dice, spec, scope)).ToArray();
                var replies = await TogetherAsync(engine, gate, spec, requests);
                for (var i = 0; i < requests.Length; i++)
                {
                    var subject = requests[i].Key.Subject;
                    var (held, state) = keys.TryGetValue(subject, out var known) ? known : (spec, LimitKey.Fresh(spec, now));
                    var expected = LimitKey.Execute(ref held, ref state, requests[i], default, now).Decision;
                    keys[subject] = (held, state);

                    Assert.True(expected == replies[i].Decision && !replies[i].IsFault,
                        $"Seed {seed}, round {round}, request {i} ({requests[i]}): {replies[i].Decision} instead of {expected}");
                }
            }
        }

        Assert.Contains(gate.TakeCalled(), name => name.StartsWith("batch", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Batched))]
    public async Task Never_more_than_the_limit_is_admitted_of_256_callers_at_two_front_ends(Algorithm algorithm)
    {
        await using var server = await RedisServer.StartAsync();
        var gate = new ScriptGate();
        using var one = await ConnectAsync(server, gate);
        using var other = await ConnectAsync(server, gate);
        var spec = LimitSpec.Of(algorithm, Bandwidth.Of(100, TimeSpan.FromDays(365)));

        var admitted = await Task.WhenAll(Enumerable.Range(0, 256).Select(caller => Task.Run(async () =>
        {
            var count = 0;
            for (var i = 0; i < 10; i++)
                count += (await (caller % 2 == 0 ? one : other).DecideAsync(Request("one", spec))).IsAdmitted ? 1 : 0;
            return count;
        })));

        Assert.Equal(100, admitted.Sum());
        Assert.Equal((0, 0), (one.Unanswered, other.Unanswered));
        Assert.Contains(gate.TakeCalled(), name => name.StartsWith("batch", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Who_goes_away_or_has_no_time_left_while_it_waits_for_company_is_not_charged()
    {
        await using var server = await RedisServer.StartAsync();
        var gate = new ScriptGate();
        using var engine = await ConnectAsync(server, gate);
        var time = new FakeTimeProvider();
        using var gone = new CancellationTokenSource();
        using var late = new CancellationTokenSource(TimeSpan.FromMilliseconds(50), time);
        gate.Close();
        var first = engine.AskAsync(Request("first", TenAnHour)).AsTask();
        var leaving = engine.ExecuteAsync(Request("one", TenAnHour, permits: 2), gone.Token).AsTask();
        var patient = engine.ExecuteAsync(Request("one", TenAnHour), Token).AsTask();
        var hurried = engine.ExecuteAsync(Request("one", TenAnHour, permits: 4), late.Token).AsTask();

        await gone.CancelAsync();
        time.Advance(TimeSpan.FromMilliseconds(50));
        var cancelled = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaving);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => hurried);
        Assert.Equal(gone.Token, cancelled.CancellationToken);
        gate.Open();

        Assert.Equal((9, 9), ((await first).Decision.Remaining, (await patient).Decision.Remaining));
        Assert.Equal(9, await engine.RemainingAsync("one", TenAnHour));
        Assert.Equal(0, engine.Unanswered);
    }

    [Fact]
    public async Task Who_goes_away_when_its_batch_is_under_way_ends_its_wait_and_not_the_decision()
    {
        await using var server = await RedisServer.StartAsync();
        var gate = new ScriptGate();
        using var engine = await ConnectAsync(server, gate);
        using var gone = new CancellationTokenSource();
        gate.Close();
        var asked = Enumerable.Range(0, 1 + 64).Select(i =>
            engine.ExecuteAsync(Request("one", Plenty), i == 30 ? gone.Token : CancellationToken.None).AsTask()).ToArray();
        Assert.Equal(["tokenBucket", "batchTokenBucket"], gate.TakeCalled());

        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked[30]);
        gate.Open();
        await Task.WhenAll(asked.Where((_, i) => i != 30));

        Assert.Equal(Plenty.Capacity - 65, await engine.RemainingAsync("one", Plenty));
        Assert.Equal(0, engine.Unanswered);
    }

    [Fact]
    public async Task When_everybody_who_waited_has_gone_nothing_is_sent_and_the_next_goes_at_once()
    {
        await using var server = await RedisServer.StartAsync();
        var gate = new ScriptGate();
        using var engine = await ConnectAsync(server, gate);
        using var gone = new CancellationTokenSource();
        gate.Close();
        var first = engine.AskAsync(Request("first", TenAnHour)).AsTask();
        var leaving = engine.ExecuteAsync(Request("one", TenAnHour), gone.Token).AsTask();

        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaving);
        gate.Open();
        await first;
        await engine.DecideAsync(Request("two", TenAnHour));

        Assert.Equal(["tokenBucket", "tokenBucket"], gate.TakeCalled());
        Assert.Equal(0, engine.Unanswered);
    }

    [Fact]
    public async Task A_server_that_has_forgotten_the_scripts_is_taught_a_batchs_again()
    {
        await using var server = await RedisServer.StartAsync();
        var gate = new ScriptGate();
        using var engine = await ConnectAsync(server, gate);
        var requests = Enumerable.Range(0, 5).Select(_ => Request("one", TenAnHour)).ToArray();
        await TogetherAsync(engine, gate, TenAnHour, requests);
        Assert.Equal(["tokenBucket", "batchTokenBucket"], gate.TakeCalled());
        await server.CommandAsync("SCRIPT", "FLUSH");

        var replies = await TogetherAsync(engine, gate, TenAnHour, requests);

        Assert.Equal([4, 3, 2, 1, 0], replies.Select(reply => reply.Decision.Remaining));
        Assert.Equal(["tokenBucket", "tokenBucket", "batchTokenBucket", "batchTokenBucket"], gate.TakeCalled());
    }

    [Fact]
    public async Task A_key_under_other_rules_or_that_holds_no_state_goes_on_alone_and_holds_up_nobody()
    {
        await using var server = await RedisServer.StartAsync();
        var gate = new ScriptGate();
        using var engine = await ConnectAsync(server, gate);
        using var other = await ConnectAsync(server, new ScriptGate());
        Assert.True(LimitSpec.TryCreate(Algorithm.FixedWindow, [Bandwidth.Of(30, TimeSpan.FromDays(365))], 7, out var newer, out _));
        await other.DecideAsync(Request("content", TwentyAnHour, permits: 5));
        await other.DecideAsync(Request("newer", newer));
        await server.CommandAsync("RPUSH", NameOf("list"), "x");
        await server.CommandAsync("SET", NameOf("text"), "x");

        var replies = await TogetherAsync(engine, gate, TenAnHour,
            Request("plain", TenAnHour), Request("content", TenAnHour), Request("list", TenAnHour), Request("newer", TenAnHour),
            Request("text", TenAnHour), Request("plain", TenAnHour));

        Assert.Equal([9, 8], [replies[0].Decision.Remaining, replies[5].Decision.Remaining]);
        Assert.Equal(4, replies[1].Decision.Remaining);
        Assert.Equal((EngineFault.Unavailable, EngineFault.Unavailable), (replies[2].Fault, replies[4].Fault));
        Assert.Equal((28, newer.Version), (replies[3].Decision.Remaining, replies[3].NewerSpec?.Version));
        Assert.Equal(0, engine.Unanswered);
    }

    [Fact]
    public async Task Who_comes_behind_long_states_goes_on_alone_and_is_answered_the_same()
    {
        await using var server = await RedisServer.StartAsync();
        var gate = new ScriptGate();
        var now = new Instant(1_795_308_217_000_001);
        using var engine = await ConnectAsync(server, gate, clock: () => now);
        var line = LimitSpec.Of(Algorithm.LeakyBucket, Bandwidth.Of(1_000, TimeSpan.FromHours(1)));
        for (var i = 0; i < 400; i++)
            await engine.DecideAsync(Request("one", line, lease: new LeaseId((UInt128)i + 1)));
        gate.TakeCalled();

        var replies = await TogetherAsync(engine, gate, line, [.. Enumerable.Range(0, 8).Select(_ => Request("one", line))]);

        // A state of 12 kB: three are decided together.
        Assert.Equal(["leakyBucket", "batchLeakyBucket", .. Enumerable.Repeat("leakyBucket", 5)], gate.TakeCalled());
        Assert.Equal(
            Enumerable.Range(400, 8).Select(before => before * 3_600_000L),
            replies.Select(reply => reply.Decision.Delay.Microseconds).Order());
    }

    [Fact]
    public async Task A_full_server_charges_nobody_of_a_batch()
    {
        await using var server = await RedisServer.StartAsync("--maxmemory-policy", "noeviction");
        var gate = new ScriptGate();
        using var engine = await ConnectAsync(server, gate);
        LimitRequest[] requests = [.. Enumerable.Range(0, 6).Select(i => Request($"user-{i % 3}", TenAnHour))];
        await TogetherAsync(engine, gate, TenAnHour, requests);
        await server.CommandAsync("CONFIG", "SET", "maxmemory", "1");

        var replies = await TogetherAsync(engine, gate, TenAnHour, requests);
        await server.CommandAsync("CONFIG", "SET", "maxmemory", "0");

        Assert.All(replies, reply => Assert.Equal(EngineFault.Overloaded, reply.Fault));
        foreach (var subject in (string[])["user-0", "user-1", "user-2"])
            Assert.Equal(8, await engine.RemainingAsync(subject, TenAnHour));
        Assert.Equal(0, engine.Unanswered);
    }

    [Fact]
    public async Task Where_no_key_may_be_made_those_that_are_there_are_decided()
    {
        await using var server = await RedisServer.StartAsync();
        var gate = new ScriptGate();
        using var engine = await ConnectAsync(server, gate, options => options.MaxKeys = 1);
        await engine.DecideAsync(Request("first", TenAnHour));

        var replies = await TogetherAsync(
            engine, gate, TenAnHour, Request("new", TenAnHour), Request("first", TenAnHour), Request("new", TenAnHour, Operation.Refund));

        Assert.Equal(EngineFaultKind.KeyTableFull, replies[0].Fault.Kind);
        Assert.Equal(7, replies[1].Decision.Remaining);
        Assert.Equal(10, replies[2].Decision.Remaining);
    }

    [Fact]
    public async Task What_the_client_throws_is_a_fault_of_each_request_of_the_batch()
    {
        await using var server = await RedisServer.StartAsync();
        var gate = new ScriptGate();
        Exception? thrown = null;
        using var engine = await ConnectAsync(
            server, gate, around: database => ThrowingDatabase.Around(database, () => thrown, isAtOnce: false));
        gate.Close();
        var first = engine.AskAsync(Request("first", TenAnHour)).AsTask();
        var asked = Enumerable.Range(0, 5).Select(_ => engine.AskAsync(Request("one", TenAnHour)).AsTask()).ToArray();
        thrown = new TimeoutException();
        gate.Open();

        Assert.True((await first).Decision.IsAdmitted);
        Assert.All(await Task.WhenAll(asked), reply => Assert.Equal(EngineFaultKind.DeadlineExceeded, reply.Fault.Kind));
        thrown = null;
        Assert.Equal(10, await engine.RemainingAsync("one", TenAnHour));
        Assert.Equal(0, engine.Unanswered);
    }

    private static LimitRequest Draw(Dice dice, LimitSpec spec, KeyScope scope)
    {
        var operation = dice.OneOf(
            Operation.Acquire, Operation.Acquire, Operation.Acquire, Operation.AcquireUpTo, Operation.Peek, Operation.Refund,
            Operation.Charge);
        if (!spec.Supports(operation))
            operation = Operation.Acquire;
        var permits = dice.OneOf(1, 1, 1, 2, 0, dice.From(0, spec.Capacity + 1), spec.Capacity);
        return new LimitRequest(
            SubjectKey.Of(scope, $"subject-{dice.From(1, 4)}"), spec, operation,
            Permits.Of(Math.Max(operation == Operation.Peek ? 0 : 1, permits)));
    }

    /// <summary>Has requests asked while one of their scope is under way, and answered: as one batch.</summary>
    private static async Task<EngineReply[]> TogetherAsync(
        RedisEngine engine, ScriptGate gate, LimitSpec spec, params LimitRequest[] requests)
    {
        gate.Close();
        var first = engine.AskAsync(Request("first", spec, Operation.Acquire) with
        {
            Key = SubjectKey.Of(requests[0].Key.Scope, "first"),
        }).AsTask();
        var asked = requests.Select(request => engine.AskAsync(request).AsTask()).ToArray();
        gate.Open();
        await first;
        return await Task.WhenAll(asked);
    }

    /// <summary>
    /// An engine that has connected, has others wait as soon as one is under way, and looks at its server by itself no more.
    /// </summary>
    private static async Task<RedisEngine> ConnectAsync(
        RedisServer server,
        ScriptGate gate,
        Action<RedisEngineOptions>? configure = null,
        Func<Instant>? clock = null,
        Func<StackExchange.Redis.IDatabase, StackExchange.Redis.IDatabase>? around = null)
    {
        var engine = new RedisEngine(server.Options(options =>
        {
            options.CallsAlone = 1;
            options.Decorate = database => gate.Around(around is null ? database : around(database));
            configure?.Invoke(options);
        }), new FakeTimeProvider(), clock);
        await UntilItDecidesAsync(engine);
        foreach (var script in ScriptGate.Deciding)
            await server.CommandAsync("SCRIPT", "LOAD", script.Text);
        gate.TakeCalled();
        return engine;
    }
}
