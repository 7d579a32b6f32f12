using System.Diagnostics.CodeAnalysis;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Core.Algorithms;

/// <summary>
/// What one algorithm says of one bandwidth, as pure functions of integers. <c>now</c> is in ticks of the spec;
/// "settled" means brought up to <c>now</c> by <see cref="Settle"/>. How several bandwidths decide together, what a peek
/// is and what an answer holds is written once, in <see cref="AllBandwidthsRules{TAlgorithm, TSpec, TState}"/>.
/// </summary>
/// <typeparam name="TSpec">The compiled numbers of a bandwidth.</typeparam>
/// <typeparam name="TState">What a key holds per bandwidth.</typeparam>
internal interface IBandwidthAlgorithm<TSpec, TState>
    where TSpec : struct, IBandwidthSpec
    where TState : struct
{
    /// <summary>Whether permits can be given back.</summary>
    static abstract bool IsRefundable { get; }

    /// <summary>Whether admitted callers wait for a turn, which can be withdrawn until it comes.</summary>
    static virtual bool HasTurns => false;

    /// <summary>Whether a key of one bandwidth is numbers alone, as long as it knows of no turn and of no request.</summary>
    static virtual bool IsNumeric => true;

    /// <summary>Whether permits can be given out in advance (<see cref="Leases.PermitLedger"/>).</summary>
    static virtual bool Lends => false;

    /// <summary>Compiles a bandwidth, or names what the algorithm cannot do with it.</summary>
    static abstract bool TryCompile(Bandwidth bandwidth, out TSpec spec, [NotNullWhen(false)] out InvalidValue? error);

    /// <summary>The state of a key that has used nothing.</summary>
    static abstract TState Fresh(in TSpec spec, long now);

    /// <summary>The state brought up to <paramref name="now"/>. A stored instant never moves back.</summary>
    static abstract TState Settle(in TSpec spec, in TState state, long now);

    /// <summary>The most permits that an acquire would be admitted for: 0 to the capacity.</summary>
    static abstract long Remaining(in TSpec spec, in TState settled, long now);

    /// <summary>
    /// The first tick at which so many permits would be admitted if nothing else happens; <paramref name="permits"/> is more than remain,
    /// at most the capacity.
    /// </summary>
    static abstract long AdmitsAt(in TSpec spec, in TState settled, long now, long permits);

    /// <summary>The first tick at which the bandwidth is as good as fresh; <paramref name="now"/> or earlier if it is.</summary>
    static abstract long WholeAt(in TSpec spec, in TState settled, long now);

    /// <summary>The state after so many permits, known to be there, were taken.</summary>
    static abstract TState Take(in TSpec spec, in TState settled, long now, long permits);

    /// <summary>As <see cref="Take"/>, where there are turns: this one can be withdrawn under a name until it comes.</summary>
    static virtual TState TakeTurn(in TSpec spec, in TState settled, long now, long permits, LeaseId name) =>
        throw new NotSupportedException();

    /// <summary>
    /// The state without a turn that has not come, where there are turns; false where it is not known by that name, or has to stay.
    /// </summary>
    static virtual bool TryWithdraw(in TSpec spec, in TState settled, LeaseId name, out TState without) =>
        throw new NotSupportedException();

    /// <summary>The state with every turn that was told taken for good.</summary>
    static virtual TState WithoutTurns(in TState settled) => settled;

    /// <summary>The state after so many permits were given back, clamped to a fresh key's.</summary>
    static abstract TState GiveBack(in TSpec spec, in TState settled, long now, long permits);

    /// <summary>The state after so many permits were charged without asking, clamped to an empty key's.</summary>
    static abstract TState Charge(in TSpec spec, in TState settled, long now, long permits);

    /// <summary>
    /// As <see cref="Settle"/>, while so many permits are out, at most the capacity: their place stays empty. A state that was not kept to
    /// that is cut down to it.
    /// </summary>
    static virtual TState SettleBeside(in TSpec spec, in TState state, long now, long outstanding) => throw new NotSupportedException();

    /// <summary>As <see cref="GiveBack"/>, while so many permits are out, at most the capacity.</summary>
    static virtual TState GiveBackBeside(in TSpec spec, in TState settled, long now, long permits, long outstanding) =>
        throw new NotSupportedException();

    /// <summary>
    /// The state for whoever knows nothing of what is out: at no instant until the last of it ends has it more than the capacity less that.
    /// A function of the state as it stands, whatever the time.
    /// </summary>
    static virtual TState Closed(in TSpec spec, in TState state, long lastEnd, long outstanding) => throw new NotSupportedException();

    /// <summary>How many whole permits the state counts as used, rounded up.</summary>
    static abstract long Used(in TSpec spec, in TState settled, long now);

    /// <summary>A state that has used so many permits, at most the capacity, at <paramref name="now"/>.</summary>
    static abstract TState Carry(in TSpec spec, long used, long now);

    /// <summary>The state under a new spec of the same algorithm, from one settled under the old.</summary>
    static abstract TState Adopt(in TSpec spec, in TSpec oldSpec, in TState settled, Instant now);

    /// <summary>
    /// What says when copies of a state that stays under its old spec will admit so many permits, more than a copy made now does: a spec, a
    /// state under it, and how many permits that must admit. Unless an algorithm knows better: when the old spec has as much left as is
    /// used less.
    /// </summary>
    static virtual (TSpec Spec, TState Settled, long Permits) Draining(
        in TSpec spec, in TSpec oldSpec, in TState oldSettled, long permits) =>
        (oldSpec, oldSettled, oldSpec.Capacity - (spec.Capacity - permits));

    /// <summary>
    /// The tick, of the new spec, before which no copy of a state that stays under its old spec is as good as fresh, whatever it has left.
    /// </summary>
    static virtual long CopiesWholeFrom(in TSpec spec, in TSpec oldSpec, in TState oldSettled) => 0;

    /// <summary>The latest tick that the state proves to have been seen.</summary>
    static abstract long LastSeen(in TSpec spec, in TState state);

    /// <summary>The tick at which a caller admitted now for so many permits may proceed: now, but for a shaping algorithm.</summary>
    static virtual long ProceedsAt(in TSpec spec, in TState settledBefore, long now, long permits) => now;

    /// <summary>Reads the state of bandwidth <paramref name="index"/> out of a key.</summary>
    static abstract TState Load(in KeyState key, int index);

    /// <summary>Writes the state of bandwidth <paramref name="index"/> of <paramref name="count"/> into a key.</summary>
    static abstract void Store(in TState state, ref KeyState key, int index, int count);
}

/// <summary>What every compiled bandwidth says of itself.</summary>
internal interface IBandwidthSpec
{
    /// <summary>The step in which it counts time.</summary>
    Tick Tick { get; }

    /// <summary>The most permits there can be: the burst of a bucket, the limit of a window.</summary>
    long Capacity { get; }

    /// <summary>The window in microseconds, by which bandwidths match when a policy changes.</summary>
    long WindowMicroseconds { get; }
}
