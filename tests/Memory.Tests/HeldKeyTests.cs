using System.Globalization;
using System.Runtime.CompilerServices;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Core.Quotas;
using OrleansLimiter.Engines.Memory;
using Xunit;

namespace OrleansLimiter.Memory.Tests;

/// <summary>What others meet while a thread has a key: one that lost its core just then may have it for long.</summary>
public sealed class HeldKeyTests
{
    private const int Limit = 1_000;
    private const int Threads = 8;
    private const int Rounds = 500;
    private const int Takes = 200_000;
    private const int HotHash = 1_000;

    private static readonly Instant Now = new(1_795_308_217_000_000);
    private static readonly LimitSpec Spec = Requests.Spec(Algorithm.TokenBucket, Limit, TimeSpan.FromHours(1));

    private readonly KeyShard _shard = new(
        new KeyGroupDirectory(new TenantQuotas(QuotaSizes.OfKeys(KeyEntry.PlainBytes, 1_000, null, null, 1))), new KeyQuota(long.MaxValue));

    [Fact]
    public async Task Whoever_waits_for_a_key_is_decided_once_its_holder_lets_go_and_none_is_lost()
    {
        Ask(0, HotHash);
        Assert.True(_shard.Guess(HotHash).Entry.Hold.TryTake(HotHash));
        using var started = new CountdownEvent(Threads);
        var answers = 0;
        var charged = 0L;

        // More threads than there are cores, so some wait while they have one and the holder has none.
        var waiting = Enumerable.Range(0, Threads).Select(_ => Task.Factory.StartNew(
            () =>
            {
                started.Signal();
                for (var i = 0; i < Rounds; i++)
                {
                    Interlocked.Add(ref charged, Ask(0, HotHash));
                    Interlocked.Increment(ref answers);
                }
            },
            TestContext.Current.CancellationToken,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default)).ToArray();
        started.Wait(TestContext.Current.CancellationToken);
        for (var other = 1; other < 100; other++)
            Assert.Equal(1, Ask(other, other));
        Assert.Equal(0, Volatile.Read(ref answers));

        _shard.Guess(HotHash).Entry.Hold.Release(HotHash);
        await Task.WhenAll(waiting);

        Assert.Equal((Threads * Rounds, Limit - 1L), (answers, charged));
    }

    [Fact]
    public void A_held_key_is_not_forgotten_and_holds_up_no_other()
    {
        Ask(0, HotHash);
        ref var entry = ref _shard.Guess(HotHash).Entry;
        Assert.True(entry.Hold.TryTake(HotHash));
        Assert.Equal(HotHash, entry.Hold.Hash);

        Assert.False(entry.Hold.TryTake(HotHash + 1));
        Assert.True(_shard.Guess(HotHash + 1).IsNone);
        entry.Hold.Release(HotHash);

        _shard.Sweep(Now.After(Wait.OfMicroseconds(3_600_000_000)));
        Assert.False(entry.Hold.TryTake(HotHash));
        Assert.Equal(0, entry.Hold.Hash);
        Assert.True(_shard.Guess(HotHash).IsNone);
    }

    [Fact]
    public void Keys_of_one_hash_are_keys_of_their_own()
    {
        var longest = new string('u', 192);
        string[] subjects =
            ["a", "b", longest[..23], longest[..24], longest[..25], longest[..24] + "v", longest[..64], longest[..63] + "v", longest];
        foreach (var subject in subjects.Concat(subjects))
            Assert.Equal(1, Ask(subject, HotHash));

        foreach (var subject in subjects)
        {
            Assert.Equal(Limit - 2, Ask(subject, HotHash, Limit - 2));
            Assert.Equal(0, Ask(subject, HotHash));
        }
    }

    [Fact]
    public void What_is_done_under_a_hold_is_seen_whole_by_the_next_holder()
    {
        var hold = new KeyHold[1];
        hold[0].Release(HotHash);
        var counts = new long[2];
        var torn = 0;

        Parallel.For(0, Threads, new ParallelOptions { MaxDegreeOfParallelism = Threads }, _ =>
        {
            for (var i = 0; i < Takes; i++)
            {
                if (!hold[0].TryTake(HotHash) || counts[0]++ != counts[1]++)
                    Interlocked.Increment(ref torn);
                hold[0].Release(HotHash);
            }
        });

        Assert.Equal(0, torn);
        Assert.Equal([Threads * Takes, Threads * Takes], counts);
    }

    [Fact]
    public void The_numbers_of_a_key_are_one_line_of_memory() => Assert.Equal(64, Unsafe.SizeOf<KeyEntry>());

    [Theory]
    [InlineData(0)]
    [InlineData(int.MinValue)]
    [InlineData(-1)]
    [InlineData(5)]
    public void A_hash_can_be_held_under_whatever_its_bits(int bits)
    {
        var hash = KeyHold.HashOf(bits);
        var hold = default(KeyHold);
        Assert.False(hold.TryTake(hash));

        hold.Release(hash);

        Assert.True(hold.TryTake(hash));
        Assert.Equal(hash, hold.Hash);
    }

    private long Ask(int subject, int hash) => Ask(subject.ToString(CultureInfo.InvariantCulture), hash);

    /// <summary>Does what the engine does: without the lock where it can be.</summary>
    private long Ask(string subject, int hash, int permits = 1)
    {
        var request = Requests.Of(Spec, 0, permits: permits) with { Key = SubjectKey.Of(Requests.Acme, subject) };
        SubjectBytes.Read(subject, out var bytes);
        if (!KeyShard.TryExecute(_shard.Guess(hash), request, bytes, hash, Now, out _, out var reply))
            Assert.Null(_shard.Execute(request, bytes, hash, Now, out reply));
        return reply.Decision.Charged;
    }
}
