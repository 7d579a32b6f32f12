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

    public LimitSpec Spec { get; private set; } = first;

    public EngineReply Execute(LimitRequest request, LeaseId newLease, Instant instant)
    {
        var now = instant.Microseconds;
        if (request.Operation == Operation.Reset)
        {
            Spec = request.Spec.Version > Spec.Version ? request.Spec : Spec;
            _rules = RulesReference.Create(Spec, now);
            _answered.Clear();
            return Decided(_rules.Apply(Operation.Peek, 0, default, now), request);
        }

        if (request.Spec.Version > Spec.Version)
        {
            _rules = _rules.Adopt(Spec, request.Spec, now);
            Spec = request.Spec;
        }

        var lease = request.Operation == Operation.Release ? request.Lease : newLease;
        var permits = request.Permits.Count;
        if (request.Id.Value is not { } id)
            return Decided(_rules.Apply(request.Operation, permits, lease, now), request);

        if (Find(id, request.Operation == Operation.Peek ? Operation.Acquire : request.Operation, now) is { } earlier)
        {
            var same = earlier.Permits == permits && (request.Operation != Operation.Release || earlier.Lease == lease);
            var told = ToldAt(now, earlier);
            return same ? Decided(request.Operation == Operation.Peek ? told with { Charged = 0 } : told, request) : EngineReply.Failed(EngineFault.RequestIdReused);
        }

        if (request.Operation == Operation.Refund)
            permits = Math.Min(permits, Find(id, Operation.Acquire, now)?.Decision.Charged ?? 0);
        var decision = _rules.Apply(request.Operation, permits, lease, now);
        var isChange = request.Operation switch
        {
            Operation.Acquire or Operation.AcquireUpTo => decision.Charged > 0,
            Operation.Release => decision.Outcome == Outcome.Admitted,
            Operation.Refund or Operation.Charge => permits > 0,
            _ => false,
        };
        if (isChange)
            Remember(new Answered(id, request.Operation, request.Permits.Count, lease, decision, now));
        return Decided(decision, request);
    }

    public Instant ForgettableAt(Instant now)
    {
        var whole = now.After(_rules.WholeAfter(now.Microseconds));
        return _answered.Count == 0 ? whole : Instant.Max(whole, new Instant(_answered[^1].At + MinuteInMicroseconds));
    }

    private Answered? Find(string id, Operation operation, long now) =>
        _answered.Find(answered => answered.Id == id && answered.Operation == operation && now - answered.At < MinuteInMicroseconds);

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

    private EngineReply Decided(Decision decision, LimitRequest request) =>
        EngineReply.Decided(decision, Spec.Version > request.Spec.Version ? Spec : null);

    private sealed record Answered(string Id, Operation Operation, long Permits, LeaseId Lease, Decision Decision, long At);
}
