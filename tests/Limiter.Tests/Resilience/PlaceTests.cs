using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Places;
using OrleansLimiter.Resilience;
using OrleansLimiter.Service;

namespace OrleansLimiter.Limiter.Tests.Resilience;

/// <summary>A place of a concurrency limit that its caller never heard of, or could not give back, is given back.</summary>
public class PlaceTests
{
    private const string Policy = "exact-concurrency";
    private static readonly TimeSpan Round = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Deadline = TimeSpan.FromMilliseconds(150);

    private static readonly (string, string?)[] Turns =
    [
        ("Limiter:Policies:turns:Algorithm", "leakyBucket"), ("Limiter:Policies:turns:Limit", "6"),
        ("Limiter:Policies:turns:Window", "60s"), ("Limiter:Policies:turns:OnUnavailable", "deny"),
    ];

    private readonly List<(LimitRequest Request, TaskCompletionSource<EngineReply> Reply)> _stalled = [];

    [Fact]
    public async Task A_place_whose_answer_comes_after_the_deadline_is_given_back()
    {
        using var stack = new Stack();
        stack.Remote.Link = Stall;
        var asked = Enumerable.Range(0, 15).Select(_ => stack.Ask(Policy)).ToArray();
        stack.Time.Advance(Deadline);
        foreach (var answer in await Task.WhenAll(asked))
            Assert.Equal(LimitAnswerKind.Unavailable, answer.Kind);

        await ThawAsync(stack);
        Assert.Equal(85, (await stack.Look(Policy)).Decision.Remaining);
        await stack.Pass(Round);
        Assert.Equal(100, (await stack.Look(Policy)).Decision.Remaining);
        Assert.Equal(0, stack.Engine.Returns.Count);
    }

    [Fact]
    public async Task A_place_whose_answer_never_comes_is_given_back()
    {
        using var stack = new Stack();
        stack.Remote.Link = stack.Remote.Deaf;
        Assert.Equal(LimitAnswerKind.Unavailable, (await stack.Ask(Policy)).Kind);
        stack.Remote.Link = stack.Remote.Up;
        Assert.Equal(99, (await stack.Look(Policy)).Decision.Remaining);
        await stack.Pass(Round);
        Assert.Equal(100, (await stack.Look(Policy)).Decision.Remaining);
    }

    [Fact]
    public async Task A_place_whose_caller_went_away_is_given_back()
    {
        using var stack = new Stack();
        using var caller = new CancellationTokenSource();
        stack.Remote.Link = Stall;
        var handle = Handle(stack);
        var asked = stack.Service.ExecuteAsync(
            handle, SubjectKey.Of(handle.Scope, "alice"), Operation.Acquire, Permits.One, cancellationToken: caller.Token).AsTask();
        await caller.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked);

        await ThawAsync(stack);
        await stack.Pass(Round);
        Assert.Equal(100, (await stack.Look(Policy)).Decision.Remaining);
    }

    [Fact]
    public async Task A_place_that_comes_after_it_was_given_back_is_given_back_again()
    {
        using var stack = new Stack();
        stack.Remote.Link = Stall;
        var asked = stack.Ask(Policy);
        stack.Time.Advance(Deadline);
        await asked;
        var slow = Assert.Single(_stalled);
        stack.Remote.Link = stack.Remote.Up;

        // Asked for before the acquire itself has come.
        await stack.Pass(Round);
        await stack.Remote.Up(slow.Request, CancellationToken.None);
        Assert.Equal(99, (await stack.Look(Policy)).Decision.Remaining);
        await stack.Pass(TimeSpan.FromMilliseconds(500));
        Assert.Equal(100, (await stack.Look(Policy)).Decision.Remaining);
    }

    [Fact]
    public async Task A_place_that_never_comes_is_not_asked_for_for_ever()
    {
        using var stack = new Stack();
        stack.Remote.Link = FakeRemote.Away;
        await stack.Ask(Policy);
        stack.Remote.Link = stack.Remote.Up;
        stack.Remote.Sent.Clear();
        for (var second = 0; second < 60; second++)
            await stack.Pass(TimeSpan.FromSeconds(1));
        Assert.Equal(5, stack.Remote.Sent.Count(request => request.Operation == Operation.Release));
        Assert.Equal(0, stack.Engine.Returns.Count);
    }

    [Fact]
    public async Task A_place_asked_for_under_an_id_is_heard_of_by_asking_again()
    {
        using var stack = new Stack();
        stack.Remote.Link = stack.Remote.Deaf;
        Assert.Equal(LimitAnswerKind.Unavailable, (await stack.Ask(Policy, id: "a")).Kind);
        stack.Remote.Link = stack.Remote.Up;
        await stack.Pass(Round);
        var again = await stack.Ask(Policy, id: "a");
        Assert.False(again.Decision.Lease.IsNone);
        Assert.Equal(99, (await stack.Look(Policy)).Decision.Remaining);
    }

    [Fact]
    public async Task A_place_asked_for_under_an_id_that_nobody_asks_again_is_free_when_its_short_life_is_over()
    {
        using var stack = new Stack();
        stack.Remote.Link = stack.Remote.Deaf;
        Assert.Equal(LimitAnswerKind.Unavailable, (await stack.Ask(Policy, id: "a", lease: PlaceNames.ProvisionalFor(Handle(stack)))).Kind);
        stack.Remote.Link = stack.Remote.Up;
        await stack.Pass(LeaseId.ProvisionalLife - TimeSpan.FromMicroseconds(1));
        Assert.Equal(99, (await stack.Look(Policy)).Decision.Remaining);
        await stack.Pass(TimeSpan.FromMicroseconds(1));
        Assert.Equal(100, (await stack.Look(Policy)).Decision.Remaining);
    }

    [Fact]
    public async Task A_place_that_was_heard_of_while_the_engine_went_away_is_held_when_it_is_back()
    {
        using var stack = new Stack();
        var name = PlaceNames.ProvisionalFor(Handle(stack));
        Assert.Equal(name, (await stack.Ask(Policy, lease: name)).Decision.Lease);
        stack.Remote.Link = FakeRemote.Away;
        Assert.Equal(LimitAnswerKind.Unavailable, (await stack.Ask(Policy, operation: Operation.Renew, permits: 0, lease: name)).Kind);
        await stack.Pass(TimeSpan.FromSeconds(5));
        stack.Remote.Link = stack.Remote.Up;
        await stack.Pass(TimeSpan.FromSeconds(4));
        Assert.Equal(0, stack.Engine.Returns.Count);
        await stack.Pass(TimeSpan.FromSeconds(60));
        Assert.Equal(99, (await stack.Look(Policy)).Decision.Remaining);
    }

    [Fact]
    public async Task A_renewal_that_nobody_answers_is_given_up_with_the_short_life_of_its_place()
    {
        using var stack = new Stack();
        var name = PlaceNames.ProvisionalFor(Handle(stack));
        await stack.Ask(Policy, lease: name);
        stack.Remote.Link = FakeRemote.Away;
        await stack.Ask(Policy, operation: Operation.Renew, permits: 0, lease: name);
        for (var second = 0; second < 20; second++)
            await stack.Pass(TimeSpan.FromSeconds(1));
        Assert.Equal(0, stack.Engine.Returns.Count);
        stack.Remote.Link = stack.Remote.Up;
        Assert.Equal(Outcome.UnknownLease, (await stack.Ask(Policy, operation: Operation.Renew, permits: 0, lease: name)).Decision.Outcome);
        Assert.Equal(100, (await stack.Look(Policy)).Decision.Remaining);
    }

    [Fact]
    public void Only_places_that_live_longer_are_named_as_short_lived()
    {
        using var stack = new Stack();
        Assert.True(stack.Settings.Tenants.TryFind(null, out var tenant));
        Assert.True(PlaceNames.ProvisionalFor(Handle(stack)).IsProvisional);
        foreach (var policy in (string[])["concurrency", "default"])
            Assert.True(PlaceNames.ProvisionalFor(stack.Service.HandleFor(tenant, stack.Settings.Policy(policy))).IsNone);
    }

    [Theory]
    [InlineData("exact-concurrency", 100)]
    [InlineData("concurrency", 10)]
    public async Task A_place_that_could_not_be_given_back_is_given_back_later(string policy, int places)
    {
        using var stack = new Stack();
        var lease = (await stack.Ask(policy)).Decision.Lease;
        stack.Remote.Link = FakeRemote.Away;
        Assert.Equal(LimitAnswerKind.Unavailable, (await stack.Ask(policy, operation: Operation.Release, permits: 0, lease: lease)).Kind);
        await stack.Pass(Round);
        stack.Remote.Link = stack.Remote.Up;
        Assert.Equal(places - 1, (await stack.Look(policy)).Decision.Remaining);
        await stack.Pass(TimeSpan.FromMilliseconds(500));
        Assert.Equal(places, (await stack.Look(policy)).Decision.Remaining);
    }

    [Fact]
    public async Task A_place_that_was_given_out_here_is_not_asked_for_there()
    {
        using var stack = new Stack();
        stack.Remote.Link = FakeRemote.Away;
        var local = await stack.Ask("concurrency");
        Assert.Equal("local", local.Source);
        var waiting = stack.Engine.Returns.Count;
        Assert.Equal(Outcome.Admitted,
            (await stack.Ask("concurrency", operation: Operation.Release, permits: 0, lease: local.Decision.Lease)).Decision.Outcome);
        Assert.Equal(waiting, stack.Engine.Returns.Count);
    }

    [Fact]
    public async Task A_place_is_renewed_where_it_was_given_out()
    {
        using var stack = new Stack();
        var remote = (await stack.Ask("concurrency")).Decision.Lease;
        stack.Remote.Link = FakeRemote.Away;
        var local = (await stack.Ask("concurrency")).Decision.Lease;
        stack.Remote.Link = stack.Remote.Up;
        await stack.Pass(TimeSpan.FromSeconds(9));
        foreach (var (lease, source) in new[] { (remote, "cluster"), (local, "local") })
        {
            var renewed = await stack.Ask("concurrency", operation: Operation.Renew, permits: 0, lease: lease);
            Assert.Equal((Outcome.Admitted, source), (renewed.Decision.Outcome, renewed.Source));
        }

        await stack.Pass(TimeSpan.FromSeconds(9));
        Assert.Equal(9, (await stack.Look("concurrency")).Decision.Remaining);
        Assert.Equal(Outcome.UnknownLease,
            (await stack.Ask("concurrency", operation: Operation.Renew, permits: 0, lease: new LeaseId(77))).Decision.Outcome);
    }

    [Fact]
    public async Task A_named_turn_whose_answer_comes_after_the_deadline_is_withdrawn()
    {
        using var stack = new Stack(values: Turns);
        var handle = Handle(stack, "turns");
        await stack.Ask("turns");
        stack.Remote.Link = Stall;
        var asked = stack.Ask("turns", lease: PlaceNames.ForWhoeverWaits(handle));
        stack.Time.Advance(Deadline);
        Assert.Equal(LimitAnswerKind.Unavailable, (await asked).Kind);

        await ThawAsync(stack);
        Assert.Equal(4, (await stack.Look("turns")).Decision.Remaining);
        await stack.Pass(Round);
        Assert.Equal(5, (await stack.Look("turns")).Decision.Remaining);
        Assert.Equal(0, stack.Engine.Returns.Count);
    }

    [Fact]
    public async Task A_turn_that_could_not_be_withdrawn_is_withdrawn_later()
    {
        using var stack = new Stack(values: Turns);
        var handle = Handle(stack, "turns");
        await stack.Ask("turns");
        var turn = (await stack.Ask("turns", lease: PlaceNames.ForWhoeverWaits(handle))).Decision.Lease;
        Assert.False(turn.IsNone);
        stack.Remote.Link = FakeRemote.Away;
        var withdrawn = await stack.Service.WithdrawAsync(handle, SubjectKey.Of(handle.Scope, "alice"), turn);
        Assert.Equal(LimitAnswerKind.Unavailable, withdrawn.Kind);

        stack.Remote.Link = stack.Remote.Up;
        Assert.Equal(4, (await stack.Look("turns")).Decision.Remaining);
        await stack.Pass(Round);
        Assert.Equal(5, (await stack.Look("turns")).Decision.Remaining);
    }

    [Fact]
    public async Task A_turn_that_was_told_here_is_withdrawn_here()
    {
        using var stack = new Stack();
        var handle = Handle(stack, "leaky-bucket");
        stack.Remote.Link = FakeRemote.Away;
        await stack.Ask("leaky-bucket");
        var local = await stack.Ask("leaky-bucket", lease: PlaceNames.ForWhoeverWaits(handle));
        Assert.Equal(("local", false), (local.Source, local.Decision.Lease.IsNone));

        var withdrawn = await stack.Service.WithdrawAsync(handle, SubjectKey.Of(handle.Scope, "alice"), local.Decision.Lease);
        Assert.Equal((Outcome.Admitted, "local", 9), (withdrawn.Decision.Outcome, withdrawn.Source, withdrawn.Decision.Remaining));
    }

    [Fact]
    public async Task A_caller_cannot_withdraw_turns()
    {
        using var stack = new Stack();
        await stack.Ask("leaky-bucket");
        var turn = (await stack.Ask("leaky-bucket", lease: new LeaseId(7))).Decision.Lease;
        Assert.Equal(LimitAnswerKind.Invalid, (await stack.Ask("leaky-bucket", operation: Operation.Release, lease: turn)).Kind);
        var other = Handle(stack, Policy);
        Assert.Equal(LimitAnswerKind.Invalid, (await stack.Service.WithdrawAsync(other, SubjectKey.Of(other.Scope, "alice"), turn)).Kind);
    }

    [Fact]
    public async Task So_many_places_wait_at_most()
    {
        using var stack = new Stack();
        var spec = Handle(stack).Spec;
        for (var i = 0; i <= PlaceReturns.MaxPlaces; i++)
            stack.Engine.Returns.Add(new LimitRequest(
                SubjectKey.Of(KeyScope.Of("acme", Policy), "alice"), spec, Operation.Acquire, Permits.One,
                Lease: new LeaseId((UInt128)(i + 1))));
        Assert.Equal(PlaceReturns.MaxPlaces, stack.Engine.Returns.Count);

        // Few at a time.
        stack.Remote.Sent.Clear();
        await stack.Pass(Round);
        Assert.Equal(PlaceReturns.MostPerRound, stack.Remote.Sent.Count);
    }

    private static LimitHandle Handle(Stack stack, string policy = Policy)
    {
        Assert.True(stack.Settings.Tenants.TryFind(null, out var tenant));
        return stack.Service.HandleFor(tenant, stack.Settings.Policy(policy));
    }

    private ValueTask<EngineReply> Stall(LimitRequest request, CancellationToken cancellationToken)
    {
        var reply = new TaskCompletionSource<EngineReply>();
        _stalled.Add((request, reply));
        return new(reply.Task);
    }

    /// <summary>The engine goes on: it decides what it was asked, and answers, too late.</summary>
    private async Task ThawAsync(Stack stack)
    {
        stack.Remote.Link = stack.Remote.Up;
        foreach (var (request, reply) in _stalled)
            reply.SetResult(await stack.Remote.Up(request, CancellationToken.None));
    }
}
