using OrleansLimiter.Core.Limits;
using OrleansLimiter.Valve.Line;

namespace OrleansLimiter.Valve;

/// <summary>
/// What a valve says of itself and of a place at an instant, from its state alone: phase, position, expected wait, when to ask again.
/// Changes nothing.
/// </summary>
/// <param name="state">The valve's state.</param>
internal sealed class ValveView(ValveState state)
{
    private ValveSpec Spec => state.Spec;

    /// <summary>The phase at an instant, in microseconds.</summary>
    public ValvePhase PhaseAt(long clock)
    {
        if (state.IsClosed)
            return ValvePhase.Closed;
        if (state.IsSoldOut)
            return ValvePhase.SoldOut;
        if (clock < Spec.PreQueueAt.Microseconds)
            return ValvePhase.Scheduled;
        if (state.IsPaused)
            return ValvePhase.Paused;
        return state.IsDrawn ? ValvePhase.Open : ValvePhase.PreQueue;
    }

    /// <summary>The name of the admission that a place has.</summary>
    public AdmissionId NameOf(int slot) => new(state.AdmissionBits, state.Places[slot].Number);

    /// <summary>How the owner of a place stands.</summary>
    public ValveAnswer AnswerFor(int slot, long clock, out int pollAfterMs)
    {
        var answer = AnswerOf(slot, clock, out pollAfterMs);
        return answer with { PollAfter = OfMilliseconds(pollAfterMs) };
    }

    /// <summary>How someone without a place stands.</summary>
    public ValveAnswer WithoutPlace(long clock) => PhaseAt(clock) switch
    {
        ValvePhase.Closed => Empty(QueueState.Closed, clock),
        ValvePhase.SoldOut => Empty(QueueState.SoldOut, clock),
        ValvePhase.Scheduled => Empty(QueueState.NotOpen, clock) with
        {
            PollAfter = OfMilliseconds(PollPace.While(Spec, Spec.PreQueueAt.Microseconds - clock)),
        },
        _ => Empty(QueueState.NoPlace, clock),
    };

    /// <summary>What someone is told for whom there is no room.</summary>
    public ValveAnswer LineFull(long clock) =>
        Empty(QueueState.LineFull, clock) with { PollAfter = OfMilliseconds(PollPace.LongestFor(Spec)) };

    private ValveAnswer AnswerOf(int slot, long clock, out int pollAfterMs)
    {
        ref var place = ref state.Places[slot];
        if (place.State == PlaceState.Joining)
        {
            pollAfterMs = PollPace.JoiningMs;
            return Empty(QueueState.Joining, clock);
        }

        var answer = Empty(QueueState.Waiting, clock) with { Place = place.Number };
        if (place.State == PlaceState.Admitted)
        {
            pollAfterMs = PollPace.While(Spec, place.CodeOrExpiry - clock);
            var admission = new Admission(NameOf(slot), Spec.Sale, place.User, new Instant(place.CodeOrExpiry));
            return answer with { State = QueueState.Admitted, Admission = admission };
        }

        if (state.IsSoldOut)
        {
            pollAfterMs = PollPace.LongestFor(Spec);
            return answer with { State = QueueState.SoldOut };
        }

        if (!state.IsDrawStored)
        {
            pollAfterMs = PollPace.Together(Spec, Spec.OpensAt.Microseconds - clock, state.Places.Count);
            return answer with { State = QueueState.PreQueue };
        }

        var position = state.Line.PositionOf(slot);
        var eta = EtaOf(position, clock);
        pollAfterMs = state.IsPaused ? PollPace.Together(Spec, eta, state.Places.Count) : PollPace.While(Spec, eta);
        return answer with { Position = position, Eta = state.IsPaused ? null : Wait.OfMicroseconds(eta) };
    }

    /// <summary>
    /// The later of what either cap foresees: the people ahead at the rate; or those for whom there is no slot now, at as many as are in
    /// checkout per average turn.
    /// </summary>
    private long EtaOf(int position, long clock)
    {
        var rates = state.Rates;
        var byRate = Math.Max(0, Math.Max(state.Pace.ReadyAt, Spec.OpensAt.Microseconds) - clock)
            + ((position - 1) * rates.WindowMicroseconds / rates.Admissions);
        var withoutSlot = position - Math.Max(0, rates.Checkout - state.InCheckout);
        var byCheckout = withoutSlot > 0 ? withoutSlot * state.AverageTurn / rates.Checkout : 0;
        return Math.Max(byRate, byCheckout);
    }

    private ValveAnswer Empty(QueueState told, long clock) => new() { State = told, Phase = PhaseAt(clock), OpensAt = Spec.OpensAt };

    private static Wait OfMilliseconds(int milliseconds) => Wait.OfMicroseconds(milliseconds * 1_000L);
}
