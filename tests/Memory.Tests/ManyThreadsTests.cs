using System.Globalization;
using Microsoft.Extensions.Time.Testing;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Engines.Memory;
using Xunit;

namespace OrleansLimiter.Memory.Tests;

/// <summary>Many threads on few keys: what is admitted is counted to the permit.</summary>
public sealed class ManyThreadsTests : IDisposable
{
    private const int Threads = 8;
    private const int Keys = 3;
    private const int Limit = 1_000;
    private const int Rounds = 2_000;

    private readonly FakeTimeProvider _time = new();
    private readonly MemoryEngine _engine;

    public ManyThreadsTests() => _engine = new MemoryEngine(new MemoryEngineOptions { MaxKeys = 100_000 }, _time);

    public static TheoryData<Algorithm> Algorithms => [.. Enum.GetValues<Algorithm>()];

    [Theory]
    [MemberData(nameof(Algorithms))]
    public void Exactly_the_limit_is_admitted_whoever_asks(Algorithm algorithm)
    {
        var spec = Requests.Spec(algorithm, Limit, TimeSpan.FromHours(1));
        var admitted = new long[Keys];

        Together(_ =>
        {
            for (var i = 0; i < Rounds; i++)
            {
                for (var key = 0; key < Keys; key++)
                    Interlocked.Add(ref admitted[key], _engine.Execute(Requests.Of(spec, key)).Decision.Charged);
            }
        });

        Assert.All(admitted, count => Assert.Equal(Limit, count));
    }

    [Theory]
    [InlineData(Algorithm.TokenBucket, 100_000)]
    [InlineData(Algorithm.Gcra, 100_000)]
    [InlineData(Algorithm.FixedWindow, 100_000)]
    [InlineData(Algorithm.SlidingWindowCounter, 100_000)]
    [InlineData(Algorithm.SlidingWindowLog, 10_000)]
    public void Each_is_told_what_was_left_after_it_and_not_after_another(Algorithm algorithm, int limit)
    {
        // A clock that stands still: nothing comes back.
        var spec = Requests.Spec(algorithm, limit, TimeSpan.FromHours(1));
        var left = Enumerable.Range(0, Threads).Select(_ => new List<long>(limit)).ToArray();

        Together(thread =>
        {
            var request = Requests.Of(spec, 0);
            for (var i = 0; i < limit / 4; i++)
            {
                var decision = _engine.Execute(request).Decision;
                if (decision.IsAdmitted)
                    left[thread].Add(decision.Remaining);
                else
                    Assert.Equal(0, decision.Remaining);
            }
        });

        Assert.Equal(Enumerable.Range(0, limit).Select(number => (long)number), left.SelectMany(of => of).Order());
    }

    [Fact]
    public void A_hot_key_is_counted_to_the_permit_while_keys_beside_it_come_and_go()
    {
        var spec = Requests.Spec(Algorithm.TokenBucket, Threads * Rounds, TimeSpan.FromHours(1));

        Together(thread =>
        {
            for (var i = 0; i < Rounds; i++)
            {
                Assert.True(_engine.Execute(Requests.Of(spec, 0)).Decision.IsAdmitted);

                // Pages and indexes grow, and two of three keys go again: what stood behind them moves.
                var beside = 1 + (thread * Rounds) + i;
                Assert.Equal(spec.Capacity - 1, _engine.Execute(Requests.Of(spec, beside)).Decision.Remaining);
                if (i % 3 != 0)
                    Assert.Equal(spec.Capacity, _engine.Execute(Requests.Of(spec, beside, Operation.Refund)).Decision.Remaining);
            }
        });

        Assert.Equal(0, _engine.Execute(Requests.Of(spec, 0, Operation.Peek, 0)).Decision.Remaining);
        for (var beside = 1; beside <= Threads * Rounds; beside++)
        {
            var left = (beside - 1) % Rounds % 3 == 0 ? spec.Capacity - 1 : spec.Capacity;
            Assert.Equal(left, _engine.Execute(Requests.Of(spec, beside, Operation.Peek, 0)).Decision.Remaining);
        }
    }

    [Theory]
    [InlineData(Algorithm.TokenBucket)]
    [InlineData(Algorithm.Gcra)]
    [InlineData(Algorithm.FixedWindow)]
    public void No_more_is_out_at_once_than_there_is_while_the_key_is_forgotten_and_made_again(Algorithm algorithm)
    {
        var spec = Requests.Spec(algorithm, 3, TimeSpan.FromHours(1));
        var (held, most, taken) = (0, 0, 0);

        Together(_ =>
        {
            var (acquire, refund) = (Requests.Of(spec, 0), Requests.Of(spec, 0, Operation.Refund));
            var peek = Requests.Of(spec, 0, Operation.Peek, permits: 0);
            for (var i = 0; i < 10 * Rounds; i++)
            {
                if (!_engine.Execute(acquire).Decision.IsAdmitted)
                    continue;
                Interlocked.Increment(ref taken);
                InterlockedMax(ref most, Interlocked.Increment(ref held));
                Interlocked.Decrement(ref held);

                // What this thread was given is not there, though others just gave back all that they had.
                Assert.InRange(_engine.Execute(peek).Decision.Remaining, 0, 2);
                _engine.Execute(refund);
            }
        });

        Assert.InRange(most, 1, 3);
        Assert.True(taken >= Rounds);
        Assert.Equal(3, _engine.Execute(Requests.Of(spec, 0, Operation.Peek, 0)).Decision.Remaining);
        Assert.Equal(0, _engine.KeyCount);
    }

    [Fact]
    public void What_is_given_back_can_be_admitted_again_and_nothing_is_lost()
    {
        var spec = Requests.Spec(Algorithm.SlidingWindowLog, Limit, TimeSpan.FromHours(1));

        Together(thread =>
        {
            for (var i = 0; i < Rounds; i++)
            {
                var cost = 1 + (thread + i) % 5;
                if (_engine.Execute(Requests.Of(spec, 0, Operation.Acquire, cost)).Decision.IsAdmitted)
                    _engine.Execute(Requests.Of(spec, 0, Operation.Refund, cost));
            }
        });

        Assert.Equal(Limit, _engine.Execute(Requests.Of(spec, 0, Operation.Peek, 0)).Decision.Remaining);
        Assert.Equal(0, _engine.KeyCount);
    }

    [Fact]
    public void No_more_places_are_held_at_once_than_there_are()
    {
        var spec = Requests.Spec(Algorithm.Concurrency, 3, TimeSpan.FromHours(1));
        var held = 0;
        var most = 0;
        var taken = 0;

        Together(_ =>
        {
            for (var i = 0; i < Rounds; i++)
            {
                var decision = _engine.Execute(Requests.Of(spec, 0)).Decision;
                if (!decision.IsAdmitted)
                    continue;
                Interlocked.Increment(ref taken);
                InterlockedMax(ref most, Interlocked.Increment(ref held));
                Interlocked.Decrement(ref held);
                Assert.Equal(Outcome.Admitted,
                    _engine.Execute(Requests.Of(spec, 0, Operation.Release, lease: decision.Lease)).Decision.Outcome);
            }
        });

        Assert.InRange(most, 1, 3);
        Assert.True(taken >= Rounds);
        Assert.Equal(3, _engine.Execute(Requests.Of(spec, 0, Operation.Peek, 0)).Decision.Remaining);
    }

    [Fact]
    public void A_request_id_is_charged_once_whoever_repeats_it()
    {
        var spec = Requests.Spec(Algorithm.TokenBucket, Limit, TimeSpan.FromHours(1));

        Together(_ =>
        {
            for (var i = 0; i < 32; i++)
                Assert.True(_engine.Execute(Requests.Of(
                    spec, 0, id: string.Create(CultureInfo.InvariantCulture, $"id-{i}"))).Decision.IsAdmitted);
        });

        Assert.Equal(Limit - 32, _engine.Execute(Requests.Of(spec, 0, Operation.Peek, 0)).Decision.Remaining);
    }

    [Fact]
    public void Specs_that_change_meanwhile_lose_no_charge()
    {
        var hour = Bandwidth.Of(Limit * 100, TimeSpan.FromHours(1));
        var specs = Enumerable.Range(0, Threads)
            .Select(revision => LimitSpec.TryCreate(Algorithm.FixedWindow, [hour], revision, out var spec, out _)
                ? spec
                : throw new InvalidOperationException())
            .ToArray();

        Together(thread =>
        {
            for (var i = 0; i < Rounds; i++)
                Assert.True(_engine.Execute(Requests.Of(specs[thread], 0)).Decision.IsAdmitted);
        });

        Assert.Equal((Limit * 100) - (Threads * Rounds), _engine.Execute(Requests.Of(specs[^1], 0, Operation.Peek, 0)).Decision.Remaining);
        Assert.Same(specs[^1], _engine.Execute(Requests.Of(specs[0], 0, Operation.Peek, 0)).NewerSpec);
    }

    [Fact]
    public void Keys_are_never_more_than_MaxKeys_while_threads_make_and_forget_them()
    {
        using var engine = new MemoryEngine(new MemoryEngineOptions { MaxKeys = 100, MaxKeysPerTenant = 60 }, _time);
        var spec = Requests.Spec(Algorithm.TokenBucket, 10, TimeSpan.FromHours(1));
        var most = 0L;
        var full = 0;

        Together(thread =>
        {
            var scope = KeyScope.Of(string.Create(CultureInfo.InvariantCulture, $"tenant-{thread % 2}"), "default");
            for (var i = 0; i < Rounds; i++)
            {
                var subject = (thread * Rounds) + i;
                if (engine.FaultOf(Requests.Of(spec, subject, scope: scope)) == EngineFaultKind.KeyTableFull)
                    Interlocked.Increment(ref full);
                else if (i % 3 == 0)
                    engine.Execute(Requests.Of(spec, subject, Operation.Refund, scope: scope));
                InterlockedMax(ref most, engine.KeyCount);
            }
        });

        Assert.Equal(100, most);
        Assert.Equal(100, engine.KeyCount);
        Assert.True(full > Rounds);
    }

    public void Dispose() => _engine.Dispose();

    private static void Together(Action<int> work)
    {
        using var barrier = new Barrier(Threads);
        Exception? failure = null;
        var threads = Enumerable.Range(0, Threads).Select(number => new Thread(() =>
        {
            try
            {
                barrier.SignalAndWait(TestContext.Current.CancellationToken);
                work(number);
            }
            catch (Exception thrown) when (thrown is not OperationCanceledException)
            {
                Interlocked.CompareExchange(ref failure, thrown, null);
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        Assert.Null(failure);
    }

    private static void InterlockedMax<T>(ref T most, T seen)
        where T : struct, IComparable<T>
    {
        var known = most;
        while (seen.CompareTo(known) > 0)
        {
            var before = Interlocked.CompareExchange(ref most, seen, known);
            if (before.CompareTo(known) == 0)
                return;
            known = before;
        }
    }
}
