using OrleansLimiter.Conformance;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using Xunit;

namespace OrleansLimiter.Core.Tests;

/// <summary>The suite that judges every engine is judged itself: it passes what is right, and finds and shrinks what is wrong.</summary>
public sealed class ConformanceSuiteTests
{
    private const int Traces = 2_000;
    private const int Length = 60;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task The_core_itself_passes_also_when_it_forgets_whole_keys(bool forgets) => RunAsync(new CoreTarget(forgets));

    [Theory]
    [InlineData(Operation.Acquire)]
    [InlineData(Operation.AcquireUpTo)]
    [InlineData(Operation.Peek)]
    [InlineData(Operation.Refund)]
    [InlineData(Operation.Charge)]
    [InlineData(Operation.Release)]
    [InlineData(Operation.Reset)]
    [InlineData(Operation.Renew)]
    public async Task A_remaining_that_is_off_by_one_in_one_operation_is_found_and_shrunk_to_few_steps(Operation operation)
    {
        var wrong = new CoreTarget(tamper: (request, reply) => request.Operation == operation && !reply.IsFault
            ? EngineReply.Decided(reply.Decision with { Remaining = reply.Decision.Remaining + 1 }, reply.NewerSpec)
            : reply);

        var failure = await Assert.ThrowsAsync<ConformanceException>(() => RunAsync(wrong));

        Assert.Equal(operation, Assert.Single(failure.Trace.Steps).Operation);
        Assert.Contains("shrunk to 1.", failure.Message, StringComparison.Ordinal);
        Assert.Contains("expected: ", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_field_of_an_answer_is_compared()
    {
        var microsecond = Wait.OfMicroseconds(1);
        Func<Decision, Decision>[] wrongs =
        [
            decision => decision with { Outcome = decision.Outcome == Outcome.Limited ? Outcome.CostAboveCapacity : decision.Outcome },
            decision => decision with { Tightest = decision.Tightest + 1 },
            decision => decision with { Limit = decision.Limit + 1 },
            decision => decision with { Charged = decision.Charged + 1 },
            decision => decision with { RetryAfter = Later(decision.RetryAfter) },
            decision => decision with { ResetAfter = Later(decision.ResetAfter) },
            decision => decision with { NextAfter = Later(decision.NextAfter) },
            decision => decision with { Delay = Later(decision.Delay) },
            decision => decision with { Lease = default },
        ];
        foreach (var wrong in wrongs)
        {
            var failure = await Assert.ThrowsAsync<ConformanceException>(() =>
                RunAsync(new CoreTarget(tamper: (_, reply) => reply.IsFault
                    ? reply
                    : EngineReply.Decided(wrong(reply.Decision), reply.NewerSpec))));
            Assert.True(failure.Trace.Steps.Count <= 3, failure.Message);
        }

        foreach (var wrong in (Func<EngineReply, EngineReply>[])[
            reply => reply.IsFault ? EngineReply.Failed(EngineFault.KeyTableFull) : reply,
            reply => reply.IsFault ? reply : EngineReply.Decided(reply.Decision)])
        {
            var failure = await Assert.ThrowsAsync<ConformanceException>(
                () => RunAsync(new CoreTarget(tamper: (_, reply) => wrong(reply))));
            Assert.True(failure.Trace.Steps.Count <= 4, failure.Message);
        }

        Wait Later(Wait wait) => wait.IsNever ? wait : Wait.OfMicroseconds(wait.Microseconds + microsecond.Microseconds);
    }

    [Fact]
    public async Task An_engine_that_charges_a_repeated_request_twice_is_found_and_shrunk_to_two_steps()
    {
        var target = new Rewriting(request => request.Operation == Operation.Acquire ? request with { Id = default } : request);

        var failure = await Assert.ThrowsAsync<ConformanceException>(() => RunAsync(target));

        Assert.Equal(2, failure.Trace.Steps.Count);
        Assert.Equal(failure.Trace.Steps[0].Id, failure.Trace.Steps[1].Id);
    }

    [Fact]
    public async Task An_engine_that_refunds_one_too_few_is_found_and_shrunk_to_few_steps()
    {
        var target = new Rewriting(request => request.Operation == Operation.Refund && request.Permits.Count > 1
            ? request with { Permits = Permits.Of(request.Permits.Count - 1) }
            : request);

        var failure = await Assert.ThrowsAsync<ConformanceException>(() => RunAsync(target));

        Assert.InRange(failure.Trace.Steps.Count, 2, 3);
    }

    [Fact]
    public async Task An_engine_that_forgets_a_key_too_early_is_found_although_forgetting_is_allowed()
    {
        var target = new Rewriting(
            request => request.Operation == Operation.Charge ? request with { Operation = Operation.Reset } : request,
            forgets: true);

        var failure = await Assert.ThrowsAsync<ConformanceException>(() => RunAsync(target));

        Assert.InRange(failure.Trace.Steps.Count, 1, 2);
    }

    [Fact]
    public async Task An_engine_that_says_it_keeps_keys_may_not_forget_them()
    {
        var failure = await Assert.ThrowsAsync<ConformanceException>(
            () => RunAsync(new Rewriting(request => request, forgets: true, says: ConformanceFeatures.StepsBack)));

        Assert.InRange(failure.Trace.Steps.Count, 2, 3);
    }

    [Fact]
    public Task An_engine_that_keeps_the_newest_spec_once_for_all_keys_passes_if_it_says_so() =>
        RunAsync(new Sharing(ConformanceFeatures.SharesNewestSpec));

    [Fact]
    public async Task An_engine_that_keeps_the_newest_spec_once_for_all_keys_fails_if_it_does_not_say_so()
    {
        var failure = await Assert.ThrowsAsync<ConformanceException>(() => RunAsync(new Sharing(ConformanceFeatures.None)));

        Assert.Equal(2, failure.Trace.Steps.Select(step => step.Key).Distinct().Count());
    }

    [Fact]
    public async Task The_same_seed_shrinks_to_the_same_trace()
    {
        var target = new Rewriting(request => request.Operation == Operation.Acquire ? request with { Id = default } : request);

        var first = await Assert.ThrowsAsync<ConformanceException>(() => RunAsync(target));
        var second = await Assert.ThrowsAsync<ConformanceException>(() => RunAsync(target));

        Assert.Equal(first.Message, second.Message);
    }

    private static Task RunAsync(IConformanceTarget target) =>
        ConformanceSuite.RunAsync(target, firstSeed: 1, Traces, Length, TestContext.Current.CancellationToken);

    /// <summary>The Core behind a proxy that raises every request to the newest spec of its policy.</summary>
    private sealed class Sharing(ConformanceFeatures features) : IConformanceTarget
    {
        private readonly CoreTarget _core = new();

        public ConformanceFeatures Features => features | ConformanceFeatures.StepsBack;

        public async ValueTask<IConformancePlay> StartAsync(Instant start, CancellationToken cancellationToken) =>
            new Play(await _core.StartAsync(start, cancellationToken));

        private sealed class Play(IConformancePlay inner) : IConformancePlay, Ports.ILimitEngine
        {
            private readonly Dictionary<KeyScope, LimitSpec> _newest = [];

            public Ports.ILimitEngine Engine => this;

            public string Source => "proxy";

            public ValueTask SetClockAsync(Instant now, CancellationToken cancellationToken) => inner.SetClockAsync(now, cancellationToken);

            public async ValueTask<EngineReply> ExecuteAsync(LimitRequest request, CancellationToken cancellationToken)
            {
                var newest = request.Spec;
                if (_newest.TryGetValue(request.Key.Scope, out var known) && known.Version.IsNewerThan(newest.Version))
                    newest = known;
                else if (newest.Version.Revision > 0 && known?.Version.Revision != newest.Version.Revision)
                    _newest[request.Key.Scope] = newest;
                var reply = await inner.Engine.ExecuteAsync(request with { Spec = newest }, cancellationToken);
                return reply.IsFault || newest == request.Spec ? reply : EngineReply.Decided(reply.Decision, newest);
            }

            public ValueTask DisposeAsync() => inner.DisposeAsync();
        }
    }

    /// <summary>The Core behind a proxy that changes what it is asked.</summary>
    private sealed class Rewriting(Func<LimitRequest, LimitRequest> rewrite, bool forgets = false, ConformanceFeatures? says = null)
        : IConformanceTarget
    {
        private readonly CoreTarget _core = new(forgets);

        public ConformanceFeatures Features => says ?? _core.Features;

        public async ValueTask<IConformancePlay> StartAsync(Instant start, CancellationToken cancellationToken) =>
            new Play(await _core.StartAsync(start, cancellationToken), rewrite);

        private sealed class Play(IConformancePlay inner, Func<LimitRequest, LimitRequest> rewrite) : IConformancePlay, Ports.ILimitEngine
        {
            public Ports.ILimitEngine Engine => this;

            public string Source => "proxy";

            public ValueTask SetClockAsync(Instant now, CancellationToken cancellationToken) => inner.SetClockAsync(now, cancellationToken);

            public ValueTask<EngineReply> ExecuteAsync(LimitRequest request, CancellationToken cancellationToken) =>
                inner.Engine.ExecuteAsync(rewrite(request), cancellationToken);

            public ValueTask DisposeAsync() => inner.DisposeAsync();
        }
    }
}
