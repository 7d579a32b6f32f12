using System.Diagnostics.CodeAnalysis;
using OrleansLimiter.Core.Algorithms.Concurrency;
using OrleansLimiter.Core.Algorithms.FixedWindow;
using OrleansLimiter.Core.Algorithms.Gcra;
using OrleansLimiter.Core.Algorithms.LeakyBucket;
using OrleansLimiter.Core.Algorithms.SlidingWindowCounter;
using OrleansLimiter.Core.Algorithms.SlidingWindowLog;
using OrleansLimiter.Core.Algorithms.TokenBucket;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Leases;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Core.Algorithms;

/// <summary>A spec's numbers, compiled: what the operations on a key do. Immutable; the key's state is the caller's.</summary>
internal abstract class KeyRules
{
    /// <summary>Whether it counts places with names, not permits: the two do not turn into one another.</summary>
    public abstract bool CountsPlaces { get; }

    /// <summary>The smallest capacity of all bandwidths: a cost above it can never be admitted.</summary>
    public abstract long Capacity { get; }

    /// <summary>Whether permits can be given out in advance.</summary>
    public virtual bool Lends => false;

    /// <summary>The state of a key that has used nothing.</summary>
    public abstract KeyState Fresh(Instant now);

    /// <summary>The state of a key that has used nothing but has given permits out, where the algorithm lends.</summary>
    public virtual KeyState FreshBeside(PermitLedger ledger, Instant now) => throw new NotSupportedException();

    /// <summary>
    /// The state for whoever knows nothing of what is out (other rules, storage, a build before there were leases): that counts as used for
    /// good, and no permits flow, or only as many, as there is room for until the last lease has ended. Neither changes with the other.
    /// </summary>
    public virtual KeyState Closed(in KeyState state) => state;

    /// <summary>Whether the algorithm has the operation.</summary>
    public abstract bool Supports(Operation operation);

    /// <summary>
    /// Does one operation and stores the state after it. The decision is written in place: on the hot path each copy shows.
    /// </summary>
    public abstract void Apply(ref KeyState state, Instant now, Operation operation, long permits, LeaseId lease, out Decision decision);

    /// <summary>
    /// The first half of <see cref="Apply"/>, for an owner whose hold on the key is to be short: settles, charges and stores. Only an
    /// acquire or a peek, without a name for a turn, of a key that is numbers alone (<see cref="KeyState.IsPlain"/>) and stays so.
    /// </summary>
    /// <returns>False where the rules need more than the numbers of one bandwidth, and nothing is done.</returns>
    public abstract bool TryDecide(ref StateCells numbers, Instant now, Operation operation, long permits, out Verdict verdict);

    /// <summary>The second half, which looks at no key: works out the decision and writes it in place.</summary>
    public abstract void Describe(in Verdict verdict, Instant now, out Decision decision);

    /// <summary>When the key is as good as fresh if nothing else happens; <paramref name="now"/> if it is.</summary>
    public abstract Instant WholeAt(in KeyState state, Instant now);

    /// <summary>The latest instant that the state proves to have been seen.</summary>
    public abstract Instant LastSeen(in KeyState state);

    /// <summary>The most whole permits that any bandwidth counts as used.</summary>
    public abstract long LargestUsed(in KeyState state, Instant now);

    /// <summary>The state under these rules of a key that lived under <paramref name="old"/>.</summary>
    public abstract KeyState Adopt(KeyRules old, in KeyState state, Instant now);

    /// <summary>
    /// Whether all that a state under <paramref name="old"/> counts as used has room under these rules. Both count places, or neither does.
    /// </summary>
    public abstract bool Fits(KeyRules old, in KeyState state, Instant now);

    /// <summary>
    /// Does one operation under these rules on a copy of a state that is under <paramref name="old"/> ones, of the same kind. The copy is
    /// given out if it was charged, refunded (what is used fits) or released from, and is then the key's state: the old one is used up.
    /// Else nothing changed, and the waits in <paramref name="decision"/> are those of a state that stays under its old rules.
    /// </summary>
    /// <returns>Whether the copy is the state now.</returns>
    public abstract bool TryChangeCopy(
        KeyRules old, in KeyState state, Instant now, Operation operation, long permits, LeaseId lease, out KeyState changed,
            out Decision decision);

    /// <summary>
    /// The wait from <paramref name="now"/> until every bandwidth counts at most so many permits as used; the state is settled at
    /// <paramref name="at"/>, which is not before now.
    /// </summary>
    public abstract Wait UntilUsedIsAtMost(in KeyState state, Instant at, Instant now, long most);

    /// <summary>
    /// Of two states that one key came to in two places, the one that admits less, bandwidth by bandwidth. Both are used up by
    /// it: objects on them move to the result.
    /// </summary>
    public abstract KeyState Stricter(in KeyState one, in KeyState other, Instant now);

    /// <summary>Compiles bandwidths for an algorithm, or names the first that it cannot do.</summary>
    public static bool TryCompile(
        Algorithm algorithm,
        IReadOnlyList<Bandwidth> bandwidths,
        [NotNullWhen(true)] out KeyRules? rules,
        [NotNullWhen(false)] out InvalidValue? error) => algorithm switch
        {
            Algorithm.TokenBucket =>
                AllBandwidthsRules<TokenBucketAlgorithm, TokenBucketSpec, TokenBucketState>.TryCompile(bandwidths, out rules, out error),
            Algorithm.Gcra => AllBandwidthsRules<GcraAlgorithm, GcraSpec, GcraState>.TryCompile(bandwidths, out rules, out error),
            Algorithm.FixedWindow =>
                AllBandwidthsRules<FixedWindowAlgorithm, FixedWindowSpec, FixedWindowState>.TryCompile(bandwidths, out rules, out error),
            Algorithm.SlidingWindowCounter =>
                AllBandwidthsRules<SlidingWindowCounterAlgorithm, SlidingWindowCounterSpec, SlidingWindowCounterState>.TryCompile(
                    bandwidths, out rules, out error),
            Algorithm.SlidingWindowLog =>
                AllBandwidthsRules<SlidingWindowLogAlgorithm, SlidingWindowLogSpec, SlidingWindowLogState>.TryCompile(
                    bandwidths, out rules, out error),
            Algorithm.LeakyBucket =>
                AllBandwidthsRules<LeakyBucketAlgorithm, GcraSpec, LeakyBucketState>.TryCompile(bandwidths, out rules, out error),
            Algorithm.Concurrency => ConcurrencyRules.TryCompile(bandwidths, out rules, out error),
            _ => throw new ArgumentOutOfRangeException(nameof(algorithm), algorithm, "There is no such algorithm."),
        };
}
