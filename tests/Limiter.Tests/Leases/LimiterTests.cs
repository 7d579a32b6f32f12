using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Tenants;

namespace OrleansLimiter.Limiter.Tests.Leases;

/// <summary>One decision in code: what each member answers, and which mistakes it throws for.</summary>
public sealed class LimiterTests : IDisposable
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly LimiterRig _rig = new(options =>
    {
        options.Policies["orders"] = LimiterRig.Policy(2);
        options.Policies["even"] = LimiterRig.Policy(2, Algorithm.LeakyBucket);
        options.Policies["places"] = LimiterRig.Policy(1, Algorithm.Concurrency);
        options.Policies["open"] = LimiterRig.Policy(1, onUnavailable: OnUnavailable.Allow);
        options.Policies["shut"] = LimiterRig.Policy(1, onUnavailable: OnUnavailable.Deny);
        options.Policies["shadow"] = LimiterRig.Policy(1);
        options.Policies["shadow"].Shadow = true;
    });

    private ILimiter Limiter => _rig.Limiter;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task An_admitted_request_is_told_all_there_is()
    {
        await using var lease = await Limiter.AcquireAsync("Orders", "alice", cancellationToken: Cancellation);

        Assert.Equal(
            new LimitResult
            {
                IsAdmitted = true,
                Reason = LimitReason.Granted,
                Remaining = 1,
                Limit = 2,
                ResetAfter = 30 * Second,
                Source = "memory",
                Policy = "orders",
            },
            lease.Result);
        Assert.Equal((true, LimitReason.Granted, EngineFaultKind.None), (lease.IsAdmitted, lease.Reason, lease.Fault));
        Assert.Equal((1L, 2L), (lease.Remaining, lease.Limit));
        Assert.Equal((null, 30 * Second, TimeSpan.Zero), (lease.RetryAfter, lease.ResetAfter, lease.Delay));
        Assert.Equal(("memory", "orders", null), (lease.Source, lease.Policy, lease.PlaceId));
    }

    [Fact]
    public async Task Refused_caller_who_waits_RetryAfter_is_admitted_and_a_microsecond_sooner_is_not()
    {
        await AcquireAsync("orders", cost: 2);
        var refused = await AcquireAsync("orders");
        Assert.Equal((false, LimitReason.Limited, 0L), (refused.IsAdmitted, refused.Reason, refused.Remaining));
        Assert.Equal(30 * Second, refused.RetryAfter);

        _rig.Time.Advance(refused.RetryAfter!.Value - TimeSpan.FromMicroseconds(1));
        Assert.False((await AcquireAsync("orders")).IsAdmitted);
        _rig.Time.Advance(TimeSpan.FromMicroseconds(1));
        Assert.True((await AcquireAsync("orders")).IsAdmitted);
    }

    [Fact]
    public async Task A_cost_above_the_capacity_is_refused_for_ever()
    {
        var refused = await AcquireAsync("orders", cost: 3);
        Assert.Equal((false, LimitReason.CostAboveCapacity, null), (refused.IsAdmitted, refused.Reason, refused.RetryAfter));
    }

    [Fact]
    public async Task A_peek_says_the_same_and_charges_nothing()
    {
        var peek = await Limiter.PeekAsync("orders", "alice", 2, Cancellation);
        Assert.Equal((true, LimitReason.Granted, 2L), (peek.IsAdmitted, peek.Reason, peek.Remaining));
        Assert.True((await AcquireAsync("orders")).IsAdmitted);
        peek = await Limiter.PeekAsync("orders", "alice", 2, Cancellation);
        Assert.Equal((false, LimitReason.Limited, 30 * Second), (peek.IsAdmitted, peek.Reason, peek.RetryAfter));
        Assert.True((await AcquireAsync("orders")).IsAdmitted);
    }

    [Fact]
    public async Task A_refund_gives_back_and_under_a_request_id_only_once()
    {
        await AcquireAsync("orders", cost: 2, id: "job-1");
        var refund = await Limiter.RefundAsync("orders", "alice", 1, "job-1", Cancellation);
        Assert.Equal((true, LimitReason.Granted, 1L), (refund.IsAdmitted, refund.Reason, refund.Remaining));
        refund = await Limiter.RefundAsync("orders", "alice", 1, "job-1", Cancellation);
        Assert.Equal((true, 1L), (refund.IsAdmitted, refund.Remaining));
        Assert.Equal(1, (await Limiter.PeekAsync("orders", "alice", cancellationToken: Cancellation)).Remaining);
    }

    [Fact]
    public async Task A_request_id_is_told_again_and_with_another_cost_it_is_refused_as_that()
    {
        Assert.Equal(1, (await AcquireAsync("orders", id: "job-1")).Remaining);
        var again = await AcquireAsync("orders", id: "job-1");
        Assert.Equal((true, 1L), (again.IsAdmitted, again.Remaining));

        var reused = await AcquireAsync("orders", cost: 2, id: "job-1");
        Assert.Equal((false, LimitReason.RequestIdReused, null), (reused.IsAdmitted, reused.Reason, reused.RetryAfter));
        Assert.Equal(1, (await Limiter.PeekAsync("orders", "alice", cancellationToken: Cancellation)).Remaining);
    }

    [Fact]
    public async Task A_leaky_bucket_says_how_long_to_wait()
    {
        Assert.Equal(TimeSpan.Zero, (await AcquireAsync("even")).Delay);
        var second = await AcquireAsync("even");
        Assert.Equal((true, 30 * Second), (second.IsAdmitted, second.Delay));
    }

    [Fact]
    public async Task A_shadow_policy_admits_what_it_would_refuse_and_says_so()
    {
        await AcquireAsync("shadow");
        var second = await AcquireAsync("shadow");
        Assert.Equal((true, LimitReason.Limited, 60 * Second), (second.IsAdmitted, second.Reason, second.RetryAfter));
    }

    [Fact]
    public async Task Subjects_count_apart_and_under_the_tenant_of_the_applications_own_limits()
    {
        await AcquireAsync("orders", cost: 2);
        Assert.True((await Limiter.AcquireAsync("orders", "bob", cancellationToken: Cancellation)).IsAdmitted);

        Assert.True(_rig.Settings.Policies.TryGet("orders", out var policy));
        var handle = _rig.Service.HandleFor(Tenant.Own, policy);
        var key = SubjectKey.Of(handle.Scope, "alice");
        var seen = await _rig.Service.ExecuteAsync(handle, key, Operation.Peek, Permits.One, cancellationToken: Cancellation);
        Assert.Equal(0, seen.Decision.Remaining);
    }

    [Theory]
    [InlineData("open", true)]
    [InlineData("shut", false)]
    [InlineData("orders", false)]
    public async Task Where_nobody_can_decide_the_policy_says_whether_the_request_goes_on(string policy, bool isAdmitted)
    {
        _rig.Instead = (_, _) => new(EngineReply.Failed(EngineFault.Overloaded));

        var lease = await AcquireAsync(policy);
        Assert.Equal(
            new LimitResult
            {
                IsAdmitted = isAdmitted,
                Reason = LimitReason.Unavailable,
                Fault = EngineFaultKind.Overloaded,
                RetryAfter = Second,
                Source = "memory",
                Policy = policy,
            },
            lease.Result);
        Assert.Equal(lease.Result, await Limiter.PeekAsync(policy, "alice", cancellationToken: Cancellation));

        // Nothing was given back, whatever the policy lets through.
        var refund = await Limiter.RefundAsync(policy, "alice", cancellationToken: Cancellation);
        Assert.Equal((false, LimitReason.Unavailable), (refund.IsAdmitted, refund.Reason));
    }

    [Fact]
    public async Task A_local_policy_decides_here_where_the_engine_is_away()
    {
        using var away = _rig.Away();
        _rig.Instead = away.ExecuteAsync;

        var lease = await AcquireAsync("orders");
        Assert.Equal((true, LimitReason.Granted, 1L, "local"), (lease.IsAdmitted, lease.Reason, lease.Remaining, lease.Source));
        Assert.True((await AcquireAsync("orders")).IsAdmitted);
        lease = await AcquireAsync("orders");
        Assert.Equal((false, LimitReason.Limited, "local"), (lease.IsAdmitted, lease.Reason, lease.Source));

        Assert.Equal((true, LimitReason.Unavailable, "local"), await ToldOf("open"));
        Assert.Equal((false, LimitReason.Unavailable, "memory"), await ToldOf("shut"));

        async Task<(bool, LimitReason, string)> ToldOf(string policy) =>
            await AcquireAsync(policy) is var told ? (told.IsAdmitted, told.Reason, told.Source) : default;
    }

    [Fact]
    public async Task A_policy_that_the_engine_knows_in_another_form_is_told_as_that()
    {
        _rig.Instead = (_, _) => throw new NotSupportedException();
        var refund = await Limiter.RefundAsync("orders", "alice", cancellationToken: Cancellation);
        Assert.Equal((false, LimitReason.PolicyChanged), (refund.IsAdmitted, refund.Reason));
    }

    [Fact]
    public async Task A_call_that_is_cancelled_says_so() =>
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await Limiter.AcquireAsync("orders", "alice", cancellationToken: new CancellationToken(true)));

    [Fact]
    public async Task An_unknown_policy_is_a_mistake_that_names_the_known_ones()
    {
        var wrong = await Assert.ThrowsAsync<ArgumentException>(() => AcquireAsync("ordres"));
        Assert.Equal("There is no policy 'ordres'; there are even, open, orders, places, shadow, shut.", FirstSentences(wrong));

        using var empty = new LimiterRig(_ => { });
        wrong = await Assert.ThrowsAsync<ArgumentException>(
            async () => await empty.Limiter.PeekAsync("orders", "alice", cancellationToken: Cancellation));
        Assert.Equal("There is no policy 'orders': Limiter:Policies is empty.", FirstSentences(wrong));

        static string FirstSentences(ArgumentException wrong) =>
            wrong.Message.Replace(" (Parameter 'policy')", "", StringComparison.Ordinal);
    }

    [Fact]
    public async Task Mistakes_in_the_program_are_thrown_before_anything_is_asked()
    {
        await WrongAsync<ArgumentException>("policy", () => Limiter.AcquireAsync("", "alice", cancellationToken: Cancellation));
        await WrongAsync<ArgumentException>("subject", () => Limiter.AcquireAsync("orders", "", cancellationToken: Cancellation));
        await WrongAsync<ArgumentException>("subject", () => Limiter.AcquireAsync("orders", new('a', 257), 1, null, Cancellation));
        await WrongAsync<ArgumentException>("requestId", () => Limiter.AcquireAsync("orders", "alice", 1, "two words", Cancellation));
        await WrongAsync<ArgumentOutOfRangeException>("cost", () => Limiter.AcquireAsync("orders", "alice", 0, null, Cancellation));
        await WrongAsync<ArgumentOutOfRangeException>("cost", () => Limiter.PeekAsync("orders", "alice", 0, Cancellation));
        await WrongAsync<ArgumentOutOfRangeException>("cost", () => Limiter.RefundAsync("orders", "alice", -1, null, Cancellation));
        await WrongAsync<ArgumentException>("policy", () => Limiter.RefundAsync("even", "alice", cancellationToken: Cancellation));
        await WrongAsync<ArgumentException>("policy", () => Limiter.RefundAsync("places", "alice", cancellationToken: Cancellation));
        await WrongAsync<ArgumentException>("policy", () => Limiter.ReleaseAsync("orders", "alice", new string('a', 32), Cancellation));
        await WrongAsync<ArgumentException>("policy", () => Limiter.ReleaseAsync("even", "alice", new string('a', 32), Cancellation));
        await WrongAsync<ArgumentException>("placeId", () => Limiter.ReleaseAsync("places", "alice", "a place", Cancellation));
        Assert.Equal(0, _rig.Asked);
    }

    private static async Task WrongAsync<TException>(string parameter, Func<ValueTask<LimitLease>> call)
        where TException : ArgumentException =>
        Assert.Equal(parameter, (await Assert.ThrowsAsync<TException>(async () => await call())).ParamName);

    private static async Task WrongAsync<TException>(string parameter, Func<ValueTask<LimitResult>> call)
        where TException : ArgumentException =>
        Assert.Equal(parameter, (await Assert.ThrowsAsync<TException>(async () => await call())).ParamName);

    private async Task<LimitLease> AcquireAsync(string policy, long cost = 1, string? id = null) =>
        await Limiter.AcquireAsync(policy, "alice", cost, id, Cancellation);
}
