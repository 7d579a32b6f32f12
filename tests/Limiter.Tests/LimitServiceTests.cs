using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Service;
using OrleansLimiter.Tenants;
using OrleansLimiter.TestKit;

namespace OrleansLimiter.Limiter.Tests;

public class LimitServiceTests
{
    private static readonly (string, string?)[] Policies =
    [
        ("Limiter:Policies:allow:Algorithm", "tokenBucket"), ("Limiter:Policies:allow:Limit", "1"),
            ("Limiter:Policies:allow:Window", "60"), ("Limiter:Policies:allow:OnUnavailable", "allow"),
        ("Limiter:Policies:deny:Algorithm", "tokenBucket"), ("Limiter:Policies:deny:Limit", "1"), ("Limiter:Policies:deny:Window", "60"),
            ("Limiter:Policies:deny:OnUnavailable", "deny"),
        ("Limiter:Policies:shadow:Algorithm", "tokenBucket"), ("Limiter:Policies:shadow:Limit", "1"),
            ("Limiter:Policies:shadow:Window", "60"), ("Limiter:Policies:shadow:Shadow", "true"),
    ];

    [Fact]
    public async Task A_request_reaches_the_engine_as_it_was_made()
    {
        var engine = new ScriptedEngine();
        using var rig = new Rig(engine);
        var handle = rig.Handle("concurrency", "dev-pro-key");
        await rig.Ask(handle, Operation.Release, 3, "req-1", new LeaseId(7), "bob");
        Assert.Equal(
            new LimitRequest(
                SubjectKey.Of(handle.Scope, "bob"), handle.Spec, Operation.Release, Permits.Of(3), RequestId.Of("req-1"), new LeaseId(7)),
            engine.Last);
        Assert.Equal("dev-pro/concurrency/bob", engine.Last.Key.ToString());
        Assert.Equal(20, engine.Last.Spec.Capacity);
    }

    [Fact]
    public async Task Admitted_and_refused_are_told_apart_and_the_answer_says_who_decided_under_what()
    {
        using var rig = new Rig(new KeyedEngine(FakeTime(out var time)), time);
        var handle = rig.Handle("default");
        for (var left = 9; left >= 0; left--)
        {
            var admitted = await rig.Ask(handle);
            Assert.True(admitted.IsAllowed);
            Assert.Equal((LimitAnswerKind.Decided, left, 10), (admitted.Kind, admitted.Decision.Remaining, admitted.Decision.Limit));
        }

        var refused = await rig.Ask(handle);
        Assert.False(refused.IsAllowed);
        Assert.Equal(Outcome.Limited, refused.Decision.Outcome);
        Assert.Equal(Wait.OfMicroseconds(6_000_000), refused.RetryAfter);
        Assert.Equal("memory", refused.Source);
        Assert.Same(handle, refused.Handle);
        Assert.Same(handle.Policy, refused.Policy);
        Assert.Same(handle.Spec, refused.Spec);
        Assert.Null(refused.Error);

        time.Advance(TimeSpan.FromSeconds(6));
        Assert.True((await rig.Ask(handle)).IsAllowed);
    }

    [Fact]
    public async Task Tenants_and_policies_do_not_touch_each_other_and_pro_has_twice_the_burst()
    {
        using var rig = new Rig(new KeyedEngine(FakeTime(out var time)), time);
        Assert.Equal(10, await AdmittedOf(rig, rig.Handle("default")));
        Assert.Equal(10, await AdmittedOf(rig, rig.Handle("default", "dev-free-key")));
        Assert.Equal(20, await AdmittedOf(rig, rig.Handle("default", "dev-pro-key")));
        Assert.Equal(10, await AdmittedOf(rig, rig.Handle("fixed-window")));
        Assert.Equal(0, await AdmittedOf(rig, rig.Handle("default")));
    }

    [Fact]
    public void A_tenant_has_one_handle_per_policy()
    {
        using var rig = new Rig(new ScriptedEngine());
        Assert.Same(rig.Handle("default"), rig.Handle("default"));
        Assert.NotSame(rig.Handle("default"), rig.Handle("default", "dev-free-key"));
        var own = rig.Service.HandleFor(Tenant.Own, rig.Settings.Policy("login-ip"));
        Assert.Equal("~app/login-ip", own.Scope.ToString());
    }

    [Fact]
    public async Task A_key_of_another_scope_is_a_bug_of_the_caller_and_does_not_reach_the_engine()
    {
        var engine = new ScriptedEngine();
        using var rig = new Rig(engine);
        var foreign = SubjectKey.Of(rig.Handle("default", "dev-pro-key").Scope, "alice");
        await Assert.ThrowsAsync<ArgumentException>(async () => await rig.Service.ExecuteAsync(
            rig.Handle("default"), foreign, Operation.Acquire, Permits.One, cancellationToken: TestContext.Current.CancellationToken));
        await Assert.ThrowsAsync<ArgumentException>(async () => await rig.Service.ExecuteAsync(
            rig.Handle("default"), default, Operation.Acquire, Permits.One, cancellationToken: TestContext.Current.CancellationToken));
        Assert.Equal(0, engine.Asked);
    }

    [Theory]
    [InlineData("leaky-bucket", Operation.Refund,
        "policy is 'leaky-bucket' (leakyBucket): it must count by an algorithm that takes permits back, which leakyBucket and concurrency "
        + "do not.")]
    [InlineData("concurrency", Operation.Refund,
        "policy is 'concurrency' (concurrency): it must count by an algorithm that takes permits back, which leakyBucket and concurrency "
        + "do not.")]
    [InlineData("concurrency", Operation.Charge,
        "policy is 'concurrency' (concurrency): it must count by an algorithm that can be charged without asking, which concurrency "
        + "cannot.")]
    [InlineData("default", Operation.Release,
        "policy is 'default' (tokenBucket): it must count by concurrency, which alone gives out places.")]
    public async Task An_operation_that_the_algorithm_lacks_is_the_callers_mistake_and_does_not_reach_the_engine(
        string policy, Operation operation, string expected)
    {
        var engine = new ScriptedEngine();
        using var rig = new Rig(engine);
        var answer = await rig.Ask(rig.Handle(policy), operation);
        Assert.Equal((LimitAnswerKind.Invalid, expected), (answer.Kind, answer.Error?.ToString()));
        Assert.False(answer.IsAllowed);
        Assert.Equal(Wait.None, answer.RetryAfter);
        Assert.Equal(0, engine.Asked);
    }

    [Fact]
    public async Task Every_other_operation_of_every_algorithm_does()
    {
        var engine = new ScriptedEngine();
        using var rig = new Rig(engine);
        var refused = new List<string>();
        foreach (var policy in rig.Settings.Policies.All.DistinctBy(policy => policy.Algorithm))
        {
            foreach (var operation in Enum.GetValues<Operation>())
            {
                if ((await rig.Ask(rig.Service.HandleFor(Tenant.Own, policy), operation)).Kind == LimitAnswerKind.Invalid)
                    refused.Add($"{policy.Algorithm} {operation}");
            }
        }

        Assert.Equal(
            [
                "Concurrency Charge", "Concurrency Lease", "Concurrency Refund", "Concurrency Return",
                "FixedWindow Lease", "FixedWindow Release", "FixedWindow Renew", "FixedWindow Return",
                "Gcra Release", "Gcra Renew",
                "LeakyBucket Lease", "LeakyBucket Refund", "LeakyBucket Release", "LeakyBucket Renew", "LeakyBucket Return",
                "SlidingWindowCounter Lease", "SlidingWindowCounter Release", "SlidingWindowCounter Renew", "SlidingWindowCounter Return",
                "SlidingWindowLog Lease", "SlidingWindowLog Release", "SlidingWindowLog Renew", "SlidingWindowLog Return",
                "TokenBucket Release", "TokenBucket Renew",
            ],
            refused.Order(StringComparer.Ordinal));
        Assert.Equal(7 * 10 - refused.Count, engine.Asked);
    }

    [Fact]
    public async Task A_request_id_that_comes_again_with_another_cost_is_the_callers_mistake()
    {
        using var rig = new Rig(new KeyedEngine(FakeTime(out var time)), time);
        var handle = rig.Handle("default");
        Assert.True((await rig.Ask(handle, id: "a")).IsAllowed);
        Assert.True((await rig.Ask(handle, id: "a")).IsAllowed);
        var answer = await rig.Ask(handle, permits: 2, id: "a");
        Assert.Equal(LimitAnswerKind.Invalid, answer.Kind);
        Assert.Equal("requestId is already used: it must not come again with another cost.", answer.Error?.ToString());
        Assert.Empty(rig.Logger.Lines);
    }

    [Theory]
    [InlineData("allow", true)]
    [InlineData("deny", false)]
    [InlineData("default", false)]
    [InlineData("shadow", true)]
    public async Task A_full_key_table_is_no_refusal_and_lets_pass_only_what_the_policy_allows(string policy, bool isAllowed)
    {
        var engine = new ScriptedEngine();
        engine.Answers(EngineReply.Failed(EngineFault.KeyTableFull));
        using var rig = new Rig(engine, null, Policies);
        var answer = await rig.Ask(rig.Handle(policy));
        Assert.Equal((LimitAnswerKind.Unavailable, isAllowed), (answer.Kind, answer.IsAllowed));
        Assert.Equal(EngineFaultKind.KeyTableFull, answer.Fault.Kind);
        Assert.Equal(Wait.OfMicroseconds(1_000_000), answer.RetryAfter);
        Assert.Null(answer.Error);
    }

    [Theory]
    [InlineData(EngineFaultKind.Unavailable)]
    [InlineData(EngineFaultKind.DeadlineExceeded)]
    [InlineData(EngineFaultKind.Overloaded)]
    public async Task A_fault_that_names_no_time_is_worth_another_try_in_a_second(EngineFaultKind kind)
    {
        var engine = new ScriptedEngine();
        using var rig = new Rig(engine, null, Policies);
        foreach (var wait in new[] { Wait.None, Wait.Never })
        {
            engine.Answers(EngineReply.Failed(new EngineFault(kind, wait)));
            Assert.Equal(Wait.OfMicroseconds(1_000_000), (await rig.Ask(rig.Handle("deny"))).RetryAfter);
        }

        engine.Answers(EngineReply.Failed(new EngineFault(kind, Wait.OfMicroseconds(7))));
        Assert.Equal(Wait.OfMicroseconds(7), (await rig.Ask(rig.Handle("deny"))).RetryAfter);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_operation_that_the_keys_newer_spec_does_not_have_is_the_callers_mistake(bool isLater)
    {
        var engine = new ScriptedEngine
        {
            Answer = _ => isLater ? ValueTask.FromException<EngineReply>(new NotSupportedException()) : throw new NotSupportedException(),
        };
        using var rig = new Rig(engine);
        var answer = await rig.Ask(rig.Handle("default"), Operation.Refund);
        Assert.Equal(LimitAnswerKind.Invalid, answer.Kind);
        Assert.Equal(
            "policy is 'default' (changed meanwhile): it must count by an algorithm that takes permits back, which leakyBucket and "
                + "concurrency do not.",
            answer.Error!.ToString());
    }

    [Fact]
    public async Task A_shadow_policy_says_what_it_would_have_done_and_never_refuses()
    {
        using var rig = new Rig(new KeyedEngine(FakeTime(out var time)), time, Policies);
        var handle = rig.Handle("shadow");
        Assert.True((await rig.Ask(handle)).IsAllowed);
        var limited = await rig.Ask(handle);
        Assert.Equal((Outcome.Limited, true), (limited.Decision.Outcome, limited.IsAllowed));
        var never = await rig.Ask(handle, permits: 2);
        Assert.Equal((Outcome.CostAboveCapacity, true), (never.Decision.Outcome, never.IsAllowed));
    }

    [Fact]
    public async Task A_place_that_nobody_holds_cannot_be_released_under_a_shadow_policy_either()
    {
        using var rig = new Rig(new KeyedEngine(FakeTime(out var time)), time, ("Limiter:Policies:concurrency:Shadow", "true"));
        var handle = rig.Handle("concurrency");
        var held = await rig.Ask(handle);
        Assert.True((await rig.Ask(handle, Operation.Release, lease: held.Decision.Lease)).IsAllowed);
        Assert.False((await rig.Ask(handle, Operation.Release, lease: held.Decision.Lease)).IsAllowed);
    }

    [Fact]
    public async Task A_newer_spec_of_the_engine_is_adopted_by_the_handle_that_met_it_and_by_no_other()
    {
        var engine = new ScriptedEngine();
        using var rig = new Rig(engine);
        var (handle, other) = (rig.Handle("default"), rig.Handle("default", "dev-free-key"));
        var configured = handle.Spec;
        var newer = SpecOf(25, 2);
        engine.Answers(EngineReply.Decided(new Decision { Limit = 25, Remaining = 24 }, newer));

        var answer = await rig.Ask(handle);
        Assert.Same(newer, answer.Spec);
        Assert.Same(newer, handle.Spec);
        Assert.Same(configured, other.Spec);
        Assert.Same(configured, engine.Last.Spec);

        await rig.Ask(handle);
        Assert.Same(newer, engine.Last.Spec);
    }

    [Fact]
    public async Task An_older_spec_is_never_taken_back()
    {
        var engine = new ScriptedEngine();
        using var rig = new Rig(engine);
        var handle = rig.Handle("default");
        var (newest, late) = (SpecOf(25, 3), SpecOf(15, 2));
        engine.Answers(EngineReply.Decided(new Decision(), newest));
        await rig.Ask(handle);
        engine.Answers(EngineReply.Decided(new Decision(), late));
        Assert.Same(late, (await rig.Ask(handle)).Spec);
        Assert.Same(newest, handle.Spec);
    }

    [Fact]
    public async Task Another_content_of_the_same_revision_is_not_adopted_whatever_its_hash()
    {
        for (var limit = 1; limit <= 20; limit++)
        {
            // An earlier build's engine may name it: there the higher hash won.
            var engine = new ScriptedEngine();
            using var rig = new Rig(engine);
            var handle = rig.Handle("default");
            var configured = handle.Spec;
            engine.Answers(EngineReply.Decided(new Decision { Limit = limit }, SpecOf(limit, configured.Version.Revision)));

            await rig.Ask(handle);
            await rig.Ask(handle);

            Assert.Same(configured, handle.Spec);
            Assert.Same(configured, engine.Last.Spec);
        }
    }

    [Fact]
    public void Of_two_specs_that_two_threads_meet_at_once_the_newer_stays()
    {
        const int rounds = 40_000;
        using var rig = new Rig(new ScriptedEngine());
        var handle = rig.Handle("default");
        var specs = Enumerable.Range(1, 2 * rounds).Select(revision => SpecOf(1 + revision % 8, revision)).ToArray();
        var lost = 0;

        // Between two rounds both threads wait here, and one of them looks at what came of the round.
        using var barrier = new Barrier(
            2, round => lost += round.CurrentPhaseNumber > 0 && handle.Spec != specs[2 * round.CurrentPhaseNumber - 1] ? 1 : 0);
        var other = new Thread(() => Adopt(0));
        other.Start();
        Adopt(1);
        other.Join();
        Assert.Equal(0, lost);

        void Adopt(int first)
        {
            for (var i = first; i < specs.Length; i += 2)
            {
                barrier.SignalAndWait();
                handle.Adopt(specs[i]);
            }

            barrier.SignalAndWait();
        }
    }

    [Fact]
    public async Task An_engine_that_answers_later_is_awaited()
    {
        var later = new TaskCompletionSource<EngineReply>(TaskCreationOptions.RunContinuationsAsynchronously);
        var engine = new ScriptedEngine { Answer = _ => new(later.Task) };
        using var rig = new Rig(engine);
        var newer = SpecOf(25, 2);
        var asking = rig.Ask(rig.Handle("default"));
        Assert.False(asking.IsCompleted);
        later.SetResult(EngineReply.Decided(new Decision { Outcome = Outcome.Limited }, newer));
        var answer = await asking;
        Assert.False(answer.IsAllowed);
        Assert.Same(newer, rig.Handle("default").Spec);
    }

    [Fact]
    public async Task A_cancelled_request_throws_and_a_bug_of_the_engine_is_not_disguised()
    {
        var engine = new ScriptedEngine();
        using var rig = new Rig(engine);
        var handle = rig.Handle("default");
        var key = SubjectKey.Of(handle.Scope, "alice");
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(async () =>
            await rig.Service.ExecuteAsync(handle, key, Operation.Acquire, Permits.One, cancellationToken: cancelled.Token));
        engine.Answer = _ => throw new InvalidOperationException("bug");
        await Assert.ThrowsAsync<InvalidOperationException>(() => rig.Ask(handle));
    }

    private static LimitSpec SpecOf(long limit, long revision)
    {
        Assert.True(LimitSpec.TryCreate(
            Algorithm.TokenBucket, [Bandwidth.Of(limit, TimeSpan.FromMinutes(1))], revision, out var spec, out _));
        return spec;
    }

    private static FakeTimeProvider FakeTime(out FakeTimeProvider time) => time = new FakeTimeProvider();

    private static async Task<int> AdmittedOf(Rig rig, LimitHandle handle)
    {
        var admitted = 0;
        for (var i = 0; i < 50; i++)
            admitted += (await rig.Ask(handle)).IsAllowed ? 1 : 0;
        return admitted;
    }
}
