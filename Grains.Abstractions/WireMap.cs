using System.Collections.Immutable;
using System.Globalization;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Grains;

/// <summary>
/// Core's values to the wire and back: the one place that knows both. Numbers of enumerations are written out, so that none moves by
/// accident.
/// </summary>
internal static class WireMap
{
    /// <summary>The number of <see cref="Operation.Renew"/>.</summary>
    public const byte RenewNumber = 7;

    private const int NumbersPerBandwidth = 3;

    private static readonly Algorithm[] Algorithms =
    [
        Algorithm.TokenBucket, Algorithm.Gcra, Algorithm.FixedWindow, Algorithm.SlidingWindowCounter, Algorithm.SlidingWindowLog,
        Algorithm.LeakyBucket, Algorithm.Concurrency,
    ];

    private static readonly Operation[] Operations =
    [
        Operation.Acquire, Operation.AcquireUpTo, Operation.Peek, Operation.Refund, Operation.Charge, Operation.Release, Operation.Reset,
            Operation.Renew, Operation.Lease, Operation.Return,
    ];

    private static readonly Outcome[] Outcomes = [Outcome.Admitted, Outcome.Limited, Outcome.CostAboveCapacity, Outcome.UnknownLease];

    /// <summary>A request as it is sent.</summary>
    /// <param name="request">The request.</param>
    /// <param name="catalog">The specs.</param>
    /// <returns>The call.</returns>
    public static LimitCallMessage ToMessage(in LimitRequest request, SpecCatalog catalog)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new(
            catalog.ToMessage(request.Spec),
            NumberOf(Operations, request.Operation),
            request.Permits.Count,
            request.Id.Value,
            High(request.Lease),
            Low(request.Lease));
    }

    /// <summary>A request that was sent. Its key stays empty: it is the actor's own, and the Core decides without it.</summary>
    /// <param name="call">The call.</param>
    /// <param name="catalog">The specs.</param>
    /// <returns>The request.</returns>
    /// <exception cref="ArgumentException">The call breaks a rule of the contract.</exception>
    public static LimitRequest ToRequest(in LimitCallMessage call, SpecCatalog catalog)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        if (!Permits.TryCreate(call.Permits, out var permits, out var error) || !RequestId.TryCreate(call.RequestId, out var id, out error))
            throw new ArgumentException(error.ToString(), nameof(call));
        return new(
            default, catalog.ToSpec(call.Spec), ValueOf(Operations, call.Operation), permits, id, Lease(call.LeaseHigh, call.LeaseLow));
    }

    /// <summary>A reply as it is sent.</summary>
    /// <param name="reply">What the Core replied.</param>
    /// <param name="catalog">The specs.</param>
    /// <param name="silo">The number of the silo that holds the key; 0: it does not say.</param>
    /// <returns>The message.</returns>
    public static LimitReplyMessage ToMessage(in EngineReply reply, SpecCatalog catalog, uint silo = 0)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        if (reply.IsFault)
        {
            return Failed(reply.Fault.Kind switch
            {
                EngineFaultKind.RequestIdReused => ReplyKind.RequestIdReused,
                EngineFaultKind.Overloaded => ReplyKind.Overloaded,
                _ => ReplyKind.Unavailable,
            });
        }

        ref readonly var decision = ref reply.Decision;
        return new(
            (byte)ReplyKind.Decided,
            NumberOf(Outcomes, decision.Outcome),
            (byte)decision.Tightest,
            decision.Remaining,
            decision.Limit,
            decision.Charged,
            decision.RetryAfter.Microseconds,
            decision.ResetAfter.Microseconds,
            decision.NextAfter.Microseconds,
            decision.Delay.Microseconds,
            High(decision.Lease),
            Low(decision.Lease),
            reply.NewerSpec is { } newer ? catalog.ToMessage(newer) : null,
            silo);
    }

    /// <summary>A reply without a decision.</summary>
    /// <param name="kind">Why there is none.</param>
    /// <returns>The message.</returns>
    public static LimitReplyMessage Failed(ReplyKind kind) => new((byte)kind, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, null);

    /// <summary>
    /// A reply to whoever needs room for a key and has no more. A build before this reads it as overloaded, which it answered then.
    /// </summary>
    /// <param name="roomAfter">How soon there may be room; more than none.</param>
    /// <returns>The message.</returns>
    public static LimitReplyMessage KeyTableFull(Wait roomAfter) =>
        Failed(ReplyKind.Overloaded) with { RetryAfter = roomAfter.Microseconds };

    /// <summary>The fault that was sent.</summary>
    /// <param name="reply">A reply of kind <see cref="ReplyKind.Overloaded"/>.</param>
    /// <returns>The fault.</returns>
    public static EngineFault ToOverload(in LimitReplyMessage reply) =>
        reply.RetryAfter > 0 ? EngineFault.KeyTableFullFor(WaitOf(reply.RetryAfter)) : EngineFault.Overloaded;

    /// <summary>The decision that was sent.</summary>
    /// <param name="reply">A reply of kind <see cref="ReplyKind.Decided"/>.</param>
    /// <param name="catalog">The specs.</param>
    /// <returns>The decision, with the newer spec if one came with it.</returns>
    public static EngineReply ToReply(in LimitReplyMessage reply, SpecCatalog catalog)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        var decision = new Decision
        {
            Outcome = ValueOf(Outcomes, reply.Outcome),
            Tightest = reply.Tightest,
            Remaining = reply.Remaining,
            Limit = reply.Limit,
            Charged = reply.Charged,
            RetryAfter = WaitOf(reply.RetryAfter),
            ResetAfter = WaitOf(reply.ResetAfter),
            NextAfter = WaitOf(reply.NextAfter),
            Delay = WaitOf(reply.Delay),
            Lease = Lease(reply.LeaseHigh, reply.LeaseLow),
        };
        return EngineReply.Decided(decision, reply.NewerSpec is { } newer ? catalog.ToSpec(newer) : null);
    }

    /// <summary>A key as it is stored.</summary>
    /// <param name="spec">The spec that the state is under.</param>
    /// <param name="snapshot">The state.</param>
    /// <param name="catalog">The specs.</param>
    /// <returns>The record.</returns>
    public static StoredKey ToStored(LimitSpec spec, KeySnapshot snapshot, SpecCatalog catalog)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(catalog);
        return new(catalog.ToMessage(spec), snapshot.Numbers, snapshot.RequestIds);
    }

    /// <summary>The state of a key that was stored.</summary>
    /// <param name="stored">The record.</param>
    /// <returns>The snapshot.</returns>
    public static KeySnapshot ToSnapshot(StoredKey stored)
    {
        ArgumentNullException.ThrowIfNull(stored);
        return new(stored.Numbers, stored.RequestIds);
    }

    internal static LimitSpecMessage ToMessage(LimitSpec spec)
    {
        var numbers = ImmutableArray.CreateBuilder<long>(spec.Bandwidths.Length * NumbersPerBandwidth);
        foreach (var bandwidth in spec.Bandwidths)
            numbers.AddRange(bandwidth.Limit, bandwidth.WindowMicroseconds, bandwidth.Burst ?? 0);
        return new(NumberOf(Algorithms, spec.Algorithm), spec.Version.Revision, spec.Version.ContentHash, numbers.MoveToImmutable());
    }

    internal static LimitSpec ToSpec(LimitSpecMessage message)
    {
        if (message.Bandwidths.IsDefault || message.Bandwidths.Length % NumbersPerBandwidth != 0)
            throw new ArgumentException("A bandwidth on the wire is three numbers.", nameof(message));
        var bandwidths = new Bandwidth[message.Bandwidths.Length / NumbersPerBandwidth];
        for (var i = 0; i < bandwidths.Length; i++)
        {
            var numbers = message.Bandwidths.AsSpan(i * NumbersPerBandwidth, NumbersPerBandwidth);
            if (numbers[1] is < 0 or > long.MaxValue / TimeSpan.TicksPerMicrosecond)
                throw new ArgumentException(
                    string.Create(CultureInfo.InvariantCulture, $"A window is {numbers[1]} us: out of range."), nameof(message));
            bandwidths[i] = Bandwidth.Of(numbers[0], new TimeSpan(numbers[1] * TimeSpan.TicksPerMicrosecond), numbers[2] == 0
                ? null
                : numbers[2]);
        }

        return LimitSpec.TryCreate(ValueOf(Algorithms, message.Algorithm), bandwidths, message.Revision, out var spec, out var error)
            ? spec
            : throw new ArgumentException(error.ToString(), nameof(message));
    }

    private static byte NumberOf<T>(T[] numbered, T value) => (byte)Array.IndexOf(numbered, value);

    private static T ValueOf<T>(T[] numbered, byte number) =>
        number < numbered.Length
            ? numbered[number]
            : throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"There is no {typeof(T).Name} of number {number}."));

    private static ulong High(LeaseId id) => (ulong)(id.Bits >> 64);

    private static ulong Low(LeaseId id) => (ulong)id.Bits;

    private static LeaseId Lease(ulong high, ulong low) => new(new UInt128(high, low));

    private static Wait WaitOf(long microseconds) => microseconds < 0 ? Wait.Never : Wait.OfMicroseconds(microseconds);
}
