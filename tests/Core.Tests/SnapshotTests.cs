using OrleansLimiter.Conformance;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Core.Tests.Reference;
using Xunit;

namespace OrleansLimiter.Core.Tests;

/// <summary>A key that is stored and restored is the same key; two states of one key merge to the stricter.</summary>
public class SnapshotTests
{
    private const int Seeds = 150;

    [Theory]
    [MemberData(nameof(RandomLife.Algorithms), MemberType = typeof(RandomLife))]
    public void A_restored_key_answers_every_later_request_as_the_key_itself(Algorithm algorithm) =>
        RandomLife.ForSeeds(Seeds, (dice, flavour) =>
    {
        var spec = RandomSpecs.Draw(dice, algorithm, flavour);
        var walk = new RandomSteps(dice, flavour, dice.OnceIn(2));
        var (kept, keptSpec, restored, restoredSpec) = (
            LimitKey.Fresh(spec, new Instant(walk.Now)), spec, LimitKey.Fresh(spec, new Instant(walk.Now)), spec);
        for (var i = 1; i <= 40; i++)
        {
            walk.MoveClock(spec);
            var request = walk.Draw(spec, spec);
            var lease = new LeaseId((UInt128.One << 100) + (UInt128)i);
            var reply = LimitKey.Execute(ref keptSpec, ref kept, request, lease, new Instant(walk.Now));
            Assert.Equal(reply, LimitKey.Execute(ref restoredSpec, ref restored, request, lease, new Instant(walk.Now)));
            walk.Learn(reply);

            var snapshot = LimitKey.Snapshot(restoredSpec, restored);
            Assert.True(LimitKey.TryRestore(restoredSpec, snapshot, out restored));
            Assert.Equal(snapshot.Numbers.AsSpan(), LimitKey.Snapshot(restoredSpec, restored).Numbers.AsSpan());
            Assert.Equal(LimitKey.ForgettableAt(keptSpec, kept, new Instant(walk.Now)),
                LimitKey.ForgettableAt(restoredSpec, restored, new Instant(walk.Now)));
        }
    });

    [Theory]
    [MemberData(nameof(RandomLife.Algorithms), MemberType = typeof(RandomLife))]
    public void What_is_no_snapshot_of_such_a_spec_is_refused(Algorithm algorithm)
    {
        var spec = LimitSpec.Of(algorithm, Bandwidth.Of(10, TimeSpan.FromMinutes(1)));
        var state = LimitKey.Fresh(spec, new Instant(1_000));
        var request = new LimitRequest(LiveKey.Name, spec, Operation.Acquire, Permits.One, RequestId.Of("a"));
        var caller = spec;
        LimitKey.Execute(ref caller, ref state, request, new LeaseId(7), new Instant(1_000));
        var good = LimitKey.Snapshot(spec, state);

        Assert.True(LimitKey.TryRestore(spec, good, out _));
        for (var length = 0; length < good.Numbers.Length; length++)
            Assert.False(LimitKey.TryRestore(spec, new KeySnapshot(good.Numbers[..length], good.RequestIds), out _));
        Assert.False(LimitKey.TryRestore(spec, new KeySnapshot(good.Numbers.Add(0), good.RequestIds), out _));
        Assert.False(LimitKey.TryRestore(spec, new KeySnapshot(good.Numbers.SetItem(0, 2), good.RequestIds), out _));
        Assert.False(LimitKey.TryRestore(spec, new KeySnapshot(good.Numbers.SetItem(1, 2), good.RequestIds), out _));
        Assert.False(LimitKey.TryRestore(spec, new KeySnapshot(good.Numbers, []), out _));
        Assert.False(LimitKey.TryRestore(spec, new KeySnapshot(default, default), out _));
    }

    [Theory]
    [MemberData(nameof(RandomLife.Algorithms), MemberType = typeof(RandomLife))]
    public void Two_states_of_a_key_merge_to_one_that_admits_no_more_than_either(Algorithm algorithm) =>
        RandomLife.ForSeeds(Seeds, (dice, flavour) =>
    {
        var spec = RandomSpecs.Draw(dice, algorithm, flavour);
        var walk = new RandomSteps(dice, flavour, stepsBack: false);
        var states = new KeyState[2];
        var lives = new KeyState[] { LimitKey.Fresh(spec, new Instant(walk.Now)), LimitKey.Fresh(spec, new Instant(walk.Now)) };
        for (var i = 1; i <= 30; i++)
        {
            walk.MoveClock(spec);
            var request = walk.Draw(spec, spec);
            var caller = spec;
            walk.Learn(LimitKey.Execute(ref caller, ref lives[dice.From(0, 1)], request, new LeaseId((UInt128)i), new Instant(walk.Now)));
        }

        var now = new Instant(walk.Now);
        var most = long.MaxValue;
        var whole = now;
        for (var i = 0; i < 2; i++)
        {
            most = Math.Min(most, Peek(spec, lives[i], now).Remaining);
            whole = Instant.Max(whole, LimitKey.ForgettableAt(spec, lives[i], now));
            Assert.True(LimitKey.TryRestore(spec, LimitKey.Snapshot(spec, lives[i]), out states[i]));
        }

        var mergedSpec = spec;
        LimitKey.MergeStricter(ref mergedSpec, ref states[0], spec, states[1], now);

        Assert.Same(spec, mergedSpec);
        var remaining = Peek(spec, states[0], now).Remaining;
        Assert.True(remaining <= most, $"{remaining} of {most}");
        if (algorithm is not (Algorithm.Concurrency or Algorithm.LeakyBucket))
            Assert.Equal(most, remaining);
        Assert.True(LimitKey.ForgettableAt(spec, states[0], now) <= whole);
    });

    [Fact]
    public void A_build_that_knows_of_no_turns_keeps_them_in_a_snapshot_that_it_reads_and_writes_again()
    {
        var (spec, now) = (LimitSpec.Of(Algorithm.LeakyBucket, Bandwidth.Of(70, TimeSpan.FromMinutes(1))), new Instant(100_000_000));
        var state = LimitKey.Fresh(spec, now);
        for (ulong name = 1; name <= 20; name++)
            Do(ref state, Operation.Acquire, name);
        foreach (var name in (ulong[])[5, 6, 11, 20])
            Assert.True(Do(ref state, Operation.Release, name).IsAdmitted);
        var written = LimitKey.Snapshot(spec, state);

        // It reads what stands there as places, whatever the algorithm, and orders them by their last number.
        var read = LimitSpec.Of(Algorithm.Concurrency, Bandwidth.Of(70, TimeSpan.FromMinutes(1)));
        Assert.True(LimitKey.TryRestore(read, written, out var old));
        var again = LimitKey.Snapshot(read, old);
        Assert.False(written.Numbers.SequenceEqual(again.Numbers));
        Assert.True(LimitKey.TryRestore(spec, again, out var restored));

        Assert.Equal(written.Numbers.AsSpan(), LimitKey.Snapshot(spec, restored).Numbers.AsSpan());
        Assert.True(Do(ref restored, Operation.Release, 7).IsAdmitted);

        Decision Do(ref KeyState key, Operation operation, ulong name) => LimitKey.Execute(
            ref spec,
            ref key,
            new LimitRequest(LiveKey.Name, spec, operation, Permits.One, Lease: new LeaseId(name)),
            default,
            now).Decision;
    }

    [Fact]
    public void Places_given_out_twice_over_are_all_held_after_a_merge()
    {
        var spec = LimitSpec.Of(Algorithm.Concurrency, Bandwidth.Of(3, TimeSpan.FromMinutes(1)));
        var (one, other) = (Holding(spec, 2, firstLease: 1), Holding(spec, 2, firstLease: 2));

        LimitKey.MergeStricter(ref spec, ref one, spec, other, new Instant(1));

        Assert.Equal(0, Peek(spec, one, new Instant(1)).Remaining);
        foreach (var lease in (UInt128[])[1, 2, 3])
        {
            var release = new LimitRequest(LiveKey.Name, spec, Operation.Release, Permits.Zero, Lease: new LeaseId(lease));
            Assert.True(LimitKey.Execute(ref spec, ref one, release, default, new Instant(1)).Decision.IsAdmitted);
        }

        Assert.Equal(3, Peek(spec, one, new Instant(1)).Remaining);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_merge_takes_the_newer_spec_and_the_request_ids_of_both(bool storedIsNewer)
    {
        var old = LimitSpec.Of(Algorithm.TokenBucket, Bandwidth.Of(10, TimeSpan.FromHours(1)));
        Assert.True(LimitSpec.TryCreate(Algorithm.TokenBucket, [Bandwidth.Of(20, TimeSpan.FromHours(1))], 1, out var newer, out _));
        var now = new Instant(1_000_000);
        var (spec, otherSpec) = storedIsNewer ? (old, newer) : (newer, old);
        var (state, other) = (Charged(spec, 4, "mine", now), Charged(otherSpec, 7, "theirs", now));

        LimitKey.MergeStricter(ref spec, ref state, otherSpec, other, now);

        Assert.Equal(newer.Version, spec.Version);
        Assert.Equal(13, Peek(spec, state, now).Remaining);
        Assert.Equal(["mine", "theirs"], LimitKey.Snapshot(spec, state).RequestIds.Order());
    }

    private static KeyState Charged(LimitSpec spec, long permits, string id, Instant now)
    {
        var state = LimitKey.Fresh(spec, now);
        var request = new LimitRequest(LiveKey.Name, spec, Operation.Acquire, Permits.Of(permits), RequestId.Of(id));
        Assert.True(LimitKey.Execute(ref spec, ref state, request, default, now).Decision.IsAdmitted);
        return state;
    }

    private static KeyState Holding(LimitSpec spec, int places, int firstLease)
    {
        var state = LimitKey.Fresh(spec, new Instant(1));
        for (var i = 0; i < places; i++)
        {
            var request = new LimitRequest(LiveKey.Name, spec, Operation.Acquire, Permits.One);
            LimitKey.Execute(ref spec, ref state, request, new LeaseId((UInt128)(firstLease + i)), new Instant(1));
        }

        return state;
    }

    private static Decision Peek(LimitSpec spec, KeyState state, Instant now) =>
        LimitKey.Execute(ref spec, ref state, new LimitRequest(LiveKey.Name, spec, Operation.Peek, Permits.Zero), default, now).Decision;
}
