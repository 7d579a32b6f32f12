using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Ports;
using OrleansLimiter.TestKit;

namespace OrleansLimiter.Limiter.Tests.Resilience;

/// <summary>The local budget's debt is what its calls took, whatever else happens to the key meanwhile.</summary>
public class DebtTests
{
    private static readonly (string, string?)[] Bucket =
        [("Limiter:Policies:bucket:Algorithm", "tokenBucket"), ("Limiter:Policies:bucket:Limit", "10"),
            ("Limiter:Policies:bucket:Window", "60s")];

    private readonly FakeTimeProvider _time = new();
    private readonly Meddling _local;

    public DebtTests() => _local = new Meddling(new KeyedEngine(_time));

    [Fact]
    public async Task An_answer_told_again_takes_nothing_though_another_caller_took_something()
    {
        using var stack = Away();
        await stack.Ask("bucket", permits: 3, id: "a");
        _local.Before = (request, engine) =>
            engine.ExecuteAsync(request with { Operation = Operation.Acquire, Id = default }, CancellationToken.None);
        await stack.Ask("bucket", permits: 3, id: "a");
        Assert.Equal(3, stack.Engine.Debts.Oldest!.Consumed);
    }

    [Fact]
    public async Task A_refill_does_not_make_a_charge_smaller()
    {
        using var stack = Away();
        await stack.Ask("bucket", permits: 5);
        _local.Before = (_, _) =>
        {
            _time.Advance(TimeSpan.FromSeconds(12));
            return default;
        };
        await stack.Ask("bucket", permits: 3, id: "a");
        Assert.Equal(8, stack.Engine.Debts.Oldest!.Consumed);
    }

    [Fact]
    public async Task A_refund_gives_back_what_it_was_to_give_back()
    {
        using var stack = Away();
        await stack.Ask("bucket", permits: 6, id: "a");
        _local.Before = (request, engine) =>
            engine.ExecuteAsync(request with { Operation = Operation.Acquire, Id = default }, CancellationToken.None);
        await stack.Ask("bucket", operation: Operation.Refund, permits: 2, id: "a");
        Assert.Equal(4, stack.Engine.Debts.Oldest!.Consumed);
        await stack.Ask("bucket", operation: Operation.Refund, permits: 2, id: "a");
        Assert.Equal(4, stack.Engine.Debts.Oldest!.Consumed);
    }

    private Stack Away()
    {
        var stack = new Stack(_time, local: _local, values: Bucket);
        stack.Remote.Link = FakeRemote.Away;
        return stack;
    }

    /// <summary>A local engine at which something else happens right before a request that is no look.</summary>
    private sealed class Meddling(ILimitEngine inner) : ILimitEngine
    {
        public Func<LimitRequest, ILimitEngine, ValueTask<EngineReply>> Before { get; set; } = (_, _) => default;

        public string Source => inner.Source;

        public async ValueTask<EngineReply> ExecuteAsync(LimitRequest request, CancellationToken cancellationToken)
        {
            if (request.Operation != Operation.Peek)
                await Before(request, inner);
            return await inner.ExecuteAsync(request, cancellationToken);
        }
    }
}
