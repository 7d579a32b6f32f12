using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Core.Tests.Reference;

/// <summary>A key's whole life as the rules describe it: its spec, what it holds, and the requests it answered under an id.</summary>
internal sealed class KeyReference(LimitSpec first, Instant start)
{
    private const int Remembered = 32;
    private const long MinuteInMicroseconds = 60_000_000;

    private readonly List<Answered> _answered = [];
    private RulesReference _rules = RulesReference.Create(first, start.Microseconds);

    // The state of the other kind, permits or places, where contents of one revision take turns that differ in it.
    private (LimitSpec Spec, RulesReference Rules)? _aside;

    public LimitSpec Spec { get; private set; } = first;

    public static bool IsChange(Operation operation, long permits, Decision decision) => operation switch
    {
        Operation.Acquire or Operation.AcquireUpTo => decision.Charged > 0,
        Operation.Release or Operation.Renew => decision.Outcome == Outcome.Admitted,
        Operation.Refund or Operation.Charge => permits > 0,
        _ => false,
    };

    public EngineReply Execute(LimitRequest request, LeaseId newLease, Instant instant)
    {
        var now = instant.Microseconds;
        var (own, named) = (Spec.Version, request.Spec.Version);
        var caller = own.Revision > named.Revision || own == named ? Spec : request.Spec;
        var newer = own.Revision > named.Revision ? Spec : null;
        if (request.Operation == Operation.Reset)
        {
            (Spec, _aside) = (caller, null);
            _rules = RulesReference.Create(Spec, now);
            _answered.Clear();
            return EngineReply.Decided(_rules.Apply(Operation.Peek, 0, default, now), newer);
        }

        if (caller.Version.Revision > Spec.Version.Revision)
        {
            var (old, rules) = !SameKind(caller, Spec) && _aside is { } aside ? aside : (Spec, _rules);
            (_rules, Spec, _aside) = (rules.Adopt(old, caller, now), caller, null);
        }

        DropWholeOtherKind(caller, now);
        var lease = request.Operation is Operation.Release or Operation.Renew ? request.Lease
            : caller.Algorithm == Algorithm.Concurrency ? (request.Lease.IsNone ? newLease : request.Lease)
            : request.Id.IsNone ? request.Lease : LeaseId.None;
        var permits = request.Permits.Count;
        if (request.Id.Value is not { } id)
        {
            var answer = Apply(caller, request.Operation, ref permits, lease, now);
            return Decided(answer, request.Operation, permits, newer);
        }

        if (Standing(id, request.Operation == Operation.Peek ? Operation.Acquire : request.Operation, now) is { } earlier)
        {
            if (earlier.Permits != permits || (request.Operation == Operation.Release && earlier.Lease != lease))
                return EngineReply.Failed(EngineFault.RequestIdReused);
            if (request.Operation != Operation.Peek)
                return EngineReply.Repeated(ToldAt(now, earlier), newer);
            permits = 0;
        }

        if (request.Operation == Operation.Refund)
            permits = Standing(id, Operation.Acquire, now) is { Decision.Lease.IsNone: true } charge
                ? Math.Min(permits, charge.Decision.Charged)
                : 0;
        var decision = Apply(caller, request.Operation, ref permits, lease, now);
        if (request.Operation != Operation.Renew && IsChange(request.Operation, permits, decision))
            Remember(new Answered(id, request.Operation, request.Permits.Count, lease, decision, now));
        return Decided(decision, request.Operation, permits, newer);
    }

    public Instant ForgettableAt(Instant now)
    {
        var whole = now.After(_rules.WholeAfter(now.Microseconds));
        if (_aside is { } aside)
            whole = Instant.Max(whole, now.After(aside.Rules.WholeAfter(now.Microseconds)));
        return _answered.Count == 0 ? whole : Instant.Max(whole, new Instant(_answered[^1].At + MinuteInMicroseconds));
    }

    /// <summary>
    /// The answer under an id that still holds: not one to an acquire that was given back since, to a refund of an acquire before the last,
    /// or of a place that is free.
    /// </summary>
    private Answered? Standing(string id, Operation operation, long now)
    {
        var young = _answered.FindAll(answered => answered.Id == id && now - answered.At < MinuteInMicroseconds);
        var last = young.FindLastIndex(answered => answered.Operation == operation);
        if (last < 0)
            return null;
        Operation? undoing = operation switch
        {
            Operation.Acquire => Operation.Refund,
            Operation.Refund => Operation.Acquire,
            _ => null,
        };
        if (young.FindLastIndex(answered => answered.Operation == undoing) > last)
            return null;
        var place = young[last].Decision.Lease;
        return place.IsNone || _rules.Holds(place, now) || _aside?.Rules.Holds(place, now) == true ? young[last] : null;
    }

    // A stored instant never moves back: an answer given after a step back is as young as the one before it. What was
    // a minute old when another answer was stored does not come back.
    private void Remember(Answered answered)
    {
        if (_answered.Count > 0)
            answered = answered with { At = Math.Max(answered.At, _answered[^1].At) };
        _answered.RemoveAll(old => answered.At - old.At >= MinuteInMicroseconds);
        _answered.Add(answered);
        if (_answered.Count > Remembered)
            _answered.RemoveAt(0);
    }

    // The instants that were told stay what they were: every wait is shorter by the time since.
    private static Decision ToldAt(long now, Answered earlier) => earlier.Decision with
    {
        RetryAfter = Left(earlier.Decision.RetryAfter, now - earlier.At),
        ResetAfter = Left(earlier.Decision.ResetAfter, now - earlier.At),
        NextAfter = Left(earlier.Decision.NextAfter, now - earlier.At),
        Delay = Left(earlier.Decision.Delay, now - earlier.At),
    };

    private static Wait Left(Wait wait, long passed) => wait.IsNever ? wait : Wait.OfMicroseconds(wait.Microseconds - Math.Max(0, passed));

    private static bool SameKind(LimitSpec one, LimitSpec other) =>
        (one.Algorithm == Algorithm.Concurrency) == (other.Algorithm == Algorithm.Concurrency);

    private void DropWholeOtherKind(LimitSpec caller, Int128 now)
    {
        if (_aside is not { } aside || now >= Instant.MaxMicroseconds)
            return;
        if (SameKind(caller, Spec) && aside.Rules.WholeAfter(now) == Wait.None)
            _aside = null;
        else if (!SameKind(caller, Spec) && _rules.WholeAfter(now) == Wait.None)
            (Spec, _rules, _aside) = (aside.Spec, aside.Rules, null);
    }

    private Decision Apply(LimitSpec caller, Operation operation, ref long permits, LeaseId lease, Int128 now)
    {
        if (SameKind(caller, Spec))
        {
            var (decision, spec, rules) = ApplyTo(Spec, _rules, caller, operation, ref permits, lease, now);
            (Spec, _rules) = (spec, rules);
            return decision;
        }

        // A key of its own for each kind, of which the one that was changed last is in front.
        var (oldSpec, old) = _aside ?? (caller, RulesReference.Create(caller, now));
        var (answer, newSpec, changed) = ApplyTo(oldSpec, old, caller, operation, ref permits, lease, now);
        if (IsChange(operation, permits, answer))
            (Spec, _rules, _aside) = (newSpec, changed, (Spec, _rules));
        else if (_aside is not null)
            _aside = (newSpec, changed);
        return answer;
    }

    private static (Decision Decision, LimitSpec Spec, RulesReference Rules) ApplyTo(
        LimitSpec spec, RulesReference rules, LimitSpec caller, Operation operation, ref long permits, LeaseId lease, Int128 now)
    {
        if (caller.Version == spec.Version)
            return (rules.Apply(operation, permits, lease, now), spec, rules);
        if (operation is Operation.Refund or Operation.Charge && permits > 0 && !rules.Fits(spec, caller, now))
        {
            // What does not fit the caller's content stays under its own.
            if (spec.Supports(operation))
                return (rules.Apply(operation, permits, lease, now), spec, rules);
            permits = 0;
        }

        var (decision, changed) = CopyReference.Apply(rules, spec, caller, operation, permits, lease, now);
        return changed is null ? (decision, spec, rules) : (decision, caller, changed);
    }

    private static EngineReply Decided(Decision decision, Operation operation, long permits, LimitSpec? newer) => operation switch
    {
        Operation.Refund => EngineReply.Corrected(decision, -permits, newer),
        Operation.Charge => EngineReply.Corrected(decision, permits, newer),
        _ => EngineReply.Decided(decision, newer),
    };

    private sealed record Answered(string Id, Operation Operation, long Permits, LeaseId Lease, Decision Decision, long At);
}
