using OrleansLimiter.Conformance;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.TestKit;

namespace OrleansLimiter.Core.Tests.Reference;

/// <summary>Random requests and a random clock for one key.</summary>
internal sealed class RandomSteps(Dice dice, Flavour flavour, bool stepsBack)
{
    public static readonly SubjectKey Key = SubjectKey.Of(KeyScope.Of("acme", "default"), "user_123");

    private const long AroundToday = 1_795_308_217_000_000;
    private const int FewIds = 40;

    private readonly List<LeaseId> _leases = [];
    private Wait _lastRetry;

    public long Now { get; private set; } = flavour == Flavour.Extreme
        ? dice.OneOf(0, 1, Instant.MaxMicroseconds, Instant.MaxMicroseconds - 1_000_000_000, AroundToday)
        : AroundToday + dice.From(0, 100_000_000);

    public void MoveClock(LimitSpec spec)
    {
        var bandwidth = spec.Bandwidths[(int)dice.From(0, spec.Bandwidths.Length - 1)];
        var window = bandwidth.WindowMicroseconds;
        var permit = Math.Max(1, window / bandwidth.Limit);
        var step = dice.From(0, 13) switch
        {
            0 or 1 => 0,
            2 => 1,
            3 or 4 => dice.From(0, 2 * permit),
            5 or 6 => _lastRetry.IsNever ? 1 : _lastRetry.Microseconds,
            7 => Math.Max(0, _lastRetry.Microseconds - 1),
            8 or 9 => dice.From(0, window),
            10 => dice.From(0, 3 * window),
            11 => window - Now % window - dice.From(0, 1),
            12 => dice.From(0, 70_000_000),
            _ => stepsBack ? -dice.OneOf(1, permit, dice.From(0, window), dice.From(0, 3 * window), dice.From(0, 70_000_000)) : 1,
        };
        Now += step;
        if (flavour == Flavour.Extreme && dice.OnceIn(20))
            Now = stepsBack ? dice.OneOf(long.MinValue, long.MaxValue, 0, -1) : long.MaxValue;
        Now = new Instant(Now).Microseconds;
    }

    public LimitRequest Draw(LimitSpec spec, LimitSpec keySpec)
    {
        while (true)
        {
            var operation = dice.From(0, 20) switch
            {
                < 9 => Operation.Acquire,
                < 11 => Operation.AcquireUpTo,
                < 13 => Operation.Peek,
                < 15 => Operation.Refund,
                < 17 => Operation.Charge,
                < 19 => Operation.Release,
                < 20 => Operation.Renew,
                _ => Operation.Reset,
            };
            if (operation == Operation.Reset && !dice.OnceIn(4))
                continue;
            if (operation != Operation.Reset && !keySpec.Decides(spec).Supports(operation))
                continue;
            var id = dice.OnceIn(4) ? RequestId.Of($"id-{dice.From(1, dice.OneOf(4, FewIds))}") : RequestId.None;
            var lease = _leases.Count > 0 && !dice.OnceIn(5) ? _leases[(int)dice.From(0, _leases.Count - 1)] : new LeaseId(7);
            if (spec.Algorithm == Algorithm.LeakyBucket && operation is Operation.Acquire or Operation.AcquireUpTo)
                lease = dice.OnceIn(4) ? default : NewLease();
            else if (operation is not (Operation.Release or Operation.Renew))
                lease = default;
            return new LimitRequest(Key, spec, operation, Permits.Of(DrawCost(spec)), id, lease);
        }
    }

    public LeaseId NewLease() => new(new UInt128(dice.Bits(), dice.Bits()));

    public void Learn(EngineReply reply)
    {
        if (reply.IsFault)
            return;
        if (reply.Decision.Outcome == Outcome.Limited)
            _lastRetry = reply.Decision.RetryAfter;
        if (!reply.Decision.Lease.IsNone)
            _leases.Add(reply.Decision.Lease);
    }

    private long DrawCost(LimitSpec spec) => dice.From(0, 15) switch
    {
        0 => 0,
        < 6 => 1,
        < 10 => dice.From(1, Math.Max(1, spec.Capacity / 3)),
        < 12 => dice.From(1, spec.Capacity),
        12 => spec.Capacity,
        13 => spec.Capacity + 1,
        14 => dice.From(1, 3),
        _ => dice.OneOf(long.MaxValue, long.MaxValue - 1, spec.Capacity - 1),
    };
}
