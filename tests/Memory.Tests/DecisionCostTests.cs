using Microsoft.Extensions.Time.Testing;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Engines.Memory;
using Xunit;

namespace OrleansLimiter.Memory.Tests;

public sealed class DecisionCostTests : IDisposable
{
    private const int Decisions = 100_000;

    private readonly MemoryEngine _engine = new(new MemoryEngineOptions(), new FakeTimeProvider());

    public static TheoryData<Algorithm, long> KnownKeys => new()
    {
        { Algorithm.TokenBucket, 1_000_000_000 },
        { Algorithm.TokenBucket, 1 },
        { Algorithm.Gcra, 1_000_000_000 },
        { Algorithm.LeakyBucket, 1_000_000_000 },
        { Algorithm.FixedWindow, 1_000_000_000 },
        { Algorithm.SlidingWindowCounter, 1_000_000_000 },
        { Algorithm.SlidingWindowLog, 10_000 },
        { Algorithm.Concurrency, 1 },
    };

    [Theory]
    [MemberData(nameof(KnownKeys))]
    public void A_decision_on_a_known_key_allocates_nothing(Algorithm algorithm, long limit)
    {
        var request = Requests.Of(Requests.Spec(algorithm, limit, TimeSpan.FromHours(1)), 1);

        Assert.Equal(0, AllocatedBy(() => _engine.Execute(request)));
        Assert.Equal(0, AllocatedBy(() =>
        {
            var reply = _engine.ExecuteAsync(request, CancellationToken.None);
            return reply.IsCompletedSuccessfully ? reply.Result : throw new InvalidOperationException("It did not answer at once.");
        }));
    }

    [Fact]
    public void A_place_that_is_given_out_and_released_again_and_again_allocates_nothing()
    {
        var spec = Requests.Spec(Algorithm.Concurrency, 10, TimeSpan.FromHours(1));
        var acquire = Requests.Of(spec, 1);
        _engine.Execute(acquire);

        Assert.Equal(0, AllocatedBy(() =>
            _engine.Execute(acquire with { Operation = Operation.Release, Lease = _engine.Execute(acquire).Decision.Lease })));
    }

    [Fact]
    public void Several_bandwidths_allocate_nothing_either()
    {
        var spec = LimitSpec.Of(
            Algorithm.TokenBucket,
            Bandwidth.Of(1_000_000_000, TimeSpan.FromHours(1)),
            Bandwidth.Of(1_000_000_000, TimeSpan.FromMinutes(1)),
            Bandwidth.Of(1_000_000_000, TimeSpan.FromSeconds(1)));
        var request = Requests.Of(spec, 1);

        Assert.Equal(0, AllocatedBy(() => _engine.Execute(request)));
    }

    [Theory]
    [InlineData(24)]
    [InlineData(25)]
    [InlineData(64)]
    [InlineData(192)]
    public void A_long_subject_allocates_nothing_once_it_is_known(int length)
    {
        var spec = Requests.Spec(Algorithm.TokenBucket, 1_000_000_000, TimeSpan.FromHours(1));
        var request = Requests.Of(spec, 1) with { Key = SubjectKey.Of(Requests.Acme, new string('u', length)) };

        Assert.Equal(0, AllocatedBy(() => _engine.Execute(request)));
    }

    [Fact]
    public async Task A_caller_whose_deadline_is_over_is_not_charged()
    {
        var request = Requests.Of(Requests.Spec(Algorithm.TokenBucket, 10, TimeSpan.FromHours(1)), 1);
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await _engine.ExecuteAsync(request, cancelled.Token));

        Assert.Equal(0, _engine.KeyCount);
        Assert.Equal("memory", _engine.Source);
    }

    public void Dispose() => _engine.Dispose();

    private static long AllocatedBy(Func<EngineReply> decide)
    {
        // The first calls compile, and make the key.
        for (var i = 0; i < Decisions; i++)
            decide();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Decisions; i++)
            decide();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
