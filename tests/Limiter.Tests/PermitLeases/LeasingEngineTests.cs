using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Leases;
using OrleansLimiter.Limiter.Tests.Resilience;

namespace OrleansLimiter.Limiter.Tests.PermitLeases;

/// <summary>A front end that takes permits of a key in advance.</summary>
public sealed class LeasingEngineTests
{
    private const long Limit = 1_000;

    private static readonly (string Name, string? Value)[] Leased =
    [
        ("Limiter:Policies:hot:Algorithm", "tokenBucket"), ("Limiter:Policies:hot:Limit", "1000"), ("Limiter:Policies:hot:Window", "1d"),
        ("Limiter:Policies:hot:Lease", "true"),
    ];

    [Fact]
    public async Task A_key_that_is_asked_for_often_is_decided_here_and_says_so()
    {
        using var stack = new Stack(values: Leased);
        var answers = await AskAsync(stack, 400);

        Assert.All(answers, answer => Assert.True(answer.IsAllowed));
        Assert.Equal("cluster", answers[0].Source);
        Assert.True(answers.Count(answer => answer.Source == "lease") > 380, "Hardly any were decided here.");
        Assert.True(stack.Remote.Sent.Count < 40, $"{stack.Remote.Sent.Count} calls for 400 requests.");

        // As if the owner had been asked for each: nobody else asks.
        Assert.Equal(Enumerable.Range(1, 400).Select(spent => Limit - spent), answers.Select(answer => answer.Decision.Remaining));
        Assert.All(answers, answer => Assert.Equal((Limit, LeaseId.None), (answer.Decision.Limit, answer.Decision.Lease)));
    }

    [Fact]
    public async Task Exactly_the_limit_is_admitted_and_refused_by_the_engine()
    {
        using var stack = new Stack(values: Leased);
        var answers = await AskAsync(stack, 1_500);

        Assert.Equal(Limit, answers.Count(answer => answer.IsAllowed));
        Assert.All(answers.Where(answer => !answer.IsAllowed), answer => Assert.Equal("cluster", answer.Source));
    }

    [Fact]
    public async Task What_is_left_goes_back_when_nothing_is_asked_for()
    {
        using var stack = new Stack(values: Leased);
        await AskAsync(stack, 100);
        Assert.True(await OwnersRemainingAsync(stack) < Limit - 100);

        await PassAsync(stack, TimeSpan.FromMilliseconds(200));

        Assert.Equal(Limit - 100, await OwnersRemainingAsync(stack));
        Assert.Contains("granted", string.Join(' ', stack.Observed("orleanslimiter.leases.permits")), StringComparison.Ordinal);
        var counts = stack.Engine.Leasing!.Counts;
        Assert.Equal((counts.AllGranted, 0), (counts.AllSpent + counts.AllReturned, counts.AllStranded));
    }

    [Fact]
    public async Task A_lease_that_has_stopped_is_not_spent()
    {
        using var stack = new Stack(values: Leased);
        await AskAsync(stack, 100);
        stack.Remote.Link = FakeRemote.Away;
        await PassAsync(stack, TimeSpan.FromMilliseconds(1_000), sweeps: false);

        Assert.NotEqual("lease", (await stack.Ask("hot")).Source);
    }

    [Fact]
    public async Task A_reset_gives_back_what_is_held_here_too()
    {
        using var stack = new Stack(values: Leased);
        await AskAsync(stack, 300);

        Assert.True((await stack.Ask("hot", operation: Operation.Reset)).IsAllowed);
        Assert.Equal(Limit, (await stack.Look("hot")).Decision.Remaining);
    }

    [Fact]
    public async Task A_look_counts_what_is_held_here()
    {
        using var stack = new Stack(values: Leased);
        await AskAsync(stack, 300);

        Assert.Equal(Limit - 300, (await stack.Look("hot")).Decision.Remaining);
    }

    [Fact]
    public async Task A_request_with_an_id_is_the_owners_to_decide()
    {
        using var stack = new Stack(values: Leased);
        await AskAsync(stack, 100);

        Assert.Equal("cluster", (await stack.Ask("hot", id: "order-1")).Source);
    }

    [Fact]
    public async Task An_engine_that_does_not_lend_decides_as_ever()
    {
        using var stack = new Stack(values: Leased);
        stack.Remote.Link = (request, cancellation) => request.Operation >= Operation.Lease
            ? throw new NotSupportedException()
            : stack.Remote.Up(request, cancellation);
        var answers = await AskAsync(stack, 200);

        Assert.All(answers, answer => Assert.Equal("cluster", answer.Source));
        Assert.Single(stack.Remote.Sent, request => request.Operation == Operation.Lease);
    }

    [Fact]
    public async Task A_lease_whose_answer_is_lost_is_sent_back_and_not_spent()
    {
        using var stack = new Stack(values: Leased);
        stack.Remote.Link = (request, cancellation) => request.Operation == Operation.Lease
            ? stack.Remote.Deaf(request, cancellation)
            : stack.Remote.Up(request, cancellation);
        var answers = await AskAsync(stack, 100);

        Assert.All(answers, answer => Assert.Equal("cluster", answer.Source));
        Assert.Equal(Limit - 100, await OwnersRemainingAsync(stack));
    }

    [Fact]
    public async Task Many_threads_spend_no_permit_twice()
    {
        using var stack = new Stack(values: Leased);
        var leasing = stack.Engine.Leasing!;
        await AskAsync(stack, 200);
        var request = stack.Remote.Sent[0];
        var held = leasing.Counts.AllGranted;
        stack.Remote.Link = FakeRemote.Away;

        var spent = 0;
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            for (var i = 0; i < 2_000; i++)
            {
                var reply = await leasing.ExecuteAsync(request, TestContext.Current.CancellationToken);
                if (reply.Source == ReplySource.Lease)
                    Interlocked.Increment(ref spent);
            }
        })));

        Assert.InRange(spent, 1, held - 100);
    }

    [Fact]
    public async Task No_policy_leases_unless_it_says_so()
    {
        using var stack = new Stack();
        for (var i = 0; i < 200; i++)
            await stack.Ask("unlimited-bench");

        Assert.Null(stack.Engine.Leasing);
        Assert.All(stack.Remote.Sent, request => Assert.Equal(Operation.Acquire, request.Operation));
    }

    [Theory]
    [InlineData("slidingWindowLog", "1000", "Limiter:Policies:hot:Lease is true (slidingWindowLog): it must be false but for")]
    [InlineData("gcra", "99", "Limiter:Policies:hot:Lease is true (99 permits): it must be false for fewer than 100")]
    public void Other_algorithms_and_few_permits_are_refused_at_the_start(string algorithm, string limit, string expected)
    {
        var errors = Configured.DevelopmentErrors(
            [.. Leased, ("Limiter:Policies:hot:Algorithm", algorithm), ("Limiter:Policies:hot:Limit", limit)]);

        Assert.StartsWith(expected, Assert.Single(errors), StringComparison.Ordinal);
    }

    private static async Task<List<LimitAnswer>> AskAsync(Stack stack, int times)
    {
        var answers = new List<LimitAnswer>();
        for (var i = 0; i < times; i++)
        {
            answers.Add(await stack.Ask("hot"));
            await stack.Engine.Leasing!.LastSent;
        }

        return answers;
    }

    private static async Task<long> OwnersRemainingAsync(Stack stack)
    {
        var key = stack.Remote.Sent[0].Key;
        var spec = stack.Settings.Policy("hot").SpecFor("free");
        var reply = await stack.Remote.Up(new LimitRequest(key, spec, Operation.Peek, Permits.Zero), TestContext.Current.CancellationToken);
        return reply.Decision.Remaining;
    }

    private static async Task PassAsync(Stack stack, TimeSpan time, bool sweeps = true)
    {
        var step = sweeps ? LeasingEngine.SweepEvery : time;
        for (var passed = TimeSpan.Zero; passed < time; passed += step)
        {
            stack.Time.Advance(step);
            await stack.Engine.Leasing!.LastSent;
        }
    }
}
