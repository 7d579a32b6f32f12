using Microsoft.Extensions.Time.Testing;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Engines.Memory;
using Xunit;

namespace OrleansLimiter.Memory.Tests;

/// <summary>A key is forgotten when forgetting it changes no decision, and no sooner.</summary>
public sealed class ForgettingTests : IDisposable
{
    private static readonly TimeSpan Sweep = TimeSpan.FromSeconds(1);

    private readonly FakeTimeProvider _time = new();
    private readonly MemoryEngine _engine;

    public ForgettingTests() =>
        _engine = new MemoryEngine(new MemoryEngineOptions { MaxKeys = 100_000, MaxKeysPerTenant = 100_000 }, _time);

    public static TheoryData<Algorithm> Algorithms => [.. Enum.GetValues<Algorithm>()];

    [Theory]
    [MemberData(nameof(Algorithms))]
    public void Keys_are_forgotten_when_they_are_whole_and_not_before(Algorithm algorithm)
    {
        // The default start is on a boundary of a minute, so every algorithm is whole after a whole number of sweeps.
        var spec = Requests.Spec(algorithm, 10, TimeSpan.FromSeconds(60));
        var reset = TimeSpan.Zero;
        for (var i = 0; i < 5_000; i++)
            reset = TimeSpan.FromMicroseconds(_engine.Execute(Requests.Of(spec, i, permits: 10)).Decision.ResetAfter.Microseconds);
        Assert.Equal(5_000, _engine.KeyCount);

        _time.Advance(reset - TimeSpan.FromMicroseconds(1));
        Assert.Equal(5_000, _engine.KeyCount);

        _time.Advance(TimeSpan.FromMicroseconds(1));
        Assert.Equal(0, _engine.KeyCount);
    }

    [Fact]
    public void A_key_that_is_used_again_is_kept_until_it_is_whole_again()
    {
        var spec = Requests.Spec(Algorithm.TokenBucket, 10, TimeSpan.FromSeconds(10));
        _engine.Execute(Requests.Of(spec, 1, permits: 10));
        _time.Advance(TimeSpan.FromSeconds(9));
        _engine.Execute(Requests.Of(spec, 1, permits: 9));

        _time.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal(1, _engine.KeyCount);

        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(0, _engine.KeyCount);
    }

    [Theory]
    [InlineData(Operation.Refund)]
    [InlineData(Operation.Reset)]
    public void A_key_made_whole_is_forgotten_at_once(Operation operation)
    {
        var spec = Requests.Spec(Algorithm.TokenBucket, 10, TimeSpan.FromHours(1));
        _engine.Execute(Requests.Of(spec, 1, permits: 3));

        _engine.Execute(Requests.Of(spec, 1, operation, 3));

        Assert.Equal(0, _engine.KeyCount);
    }

    [Fact]
    public void A_key_whose_last_place_is_released_is_forgotten_at_once()
    {
        var spec = Requests.Spec(Algorithm.Concurrency, 10, TimeSpan.FromHours(1));
        var first = _engine.Execute(Requests.Of(spec, 1)).Decision.Lease;
        var second = _engine.Execute(Requests.Of(spec, 1)).Decision.Lease;
        Assert.NotEqual(first, second);

        _engine.Execute(Requests.Of(spec, 1, Operation.Release, lease: first));
        Assert.Equal(1, _engine.KeyCount);

        _engine.Execute(Requests.Of(spec, 1, Operation.Release, lease: second));
        Assert.Equal(0, _engine.KeyCount);
    }

    [Fact]
    public void A_key_with_a_request_id_is_kept_for_60_seconds()
    {
        var spec = Requests.Spec(Algorithm.TokenBucket, 10, TimeSpan.FromSeconds(1));
        Assert.Equal(9, _engine.Execute(Requests.Of(spec, 1, id: "a")).Decision.Remaining);

        _time.Advance(TimeSpan.FromSeconds(60) - TimeSpan.FromMicroseconds(1));
        Assert.Equal(1, _engine.KeyCount);
        Assert.Equal(9, _engine.Execute(Requests.Of(spec, 1, id: "a")).Decision.Remaining);
        Assert.Equal(10, _engine.Execute(Requests.Of(spec, 1, Operation.Peek)).Decision.Remaining);

        _time.Advance(TimeSpan.FromMicroseconds(1));
        Assert.Equal(0, _engine.KeyCount);
    }

    [Fact]
    public void What_leaves_a_key_whole_is_not_kept()
    {
        var spec = Requests.Spec(Algorithm.TokenBucket, 10, TimeSpan.FromHours(1));
        foreach (var (operation, permits) in ((Operation, long)[])[
            (Operation.Peek, 1), (Operation.Acquire, 0), (Operation.Acquire, 11), (Operation.Refund, 5), (Operation.Reset, 0)])
            _engine.Execute(Requests.Of(spec, 1, operation, permits));

        Assert.Equal(0, _engine.KeyCount);
    }

    [Fact]
    public void An_engine_that_emptied_starts_again_as_new()
    {
        var spec = Requests.Spec(Algorithm.TokenBucket, 10, TimeSpan.FromSeconds(10));
        for (var round = 0; round < 3; round++)
        {
            for (var i = 0; i < 50_000; i++)
                Assert.Equal(0, _engine.Execute(Requests.Of(spec, i, permits: 10)).Decision.Remaining);
            for (var i = 0; i < 50_000; i += 7)
                Assert.Equal(Outcome.Limited, _engine.Execute(Requests.Of(spec, i)).Decision.Outcome);
            Assert.Equal(50_000, _engine.KeyCount);
            _time.Advance(TimeSpan.FromSeconds(10) + Sweep);
            Assert.Equal(0, _engine.KeyCount);
        }
    }

    public void Dispose() => _engine.Dispose();
}
