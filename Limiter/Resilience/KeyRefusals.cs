using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Resilience;

/// <summary>
/// What the owner of one key refused lately, by cost. A refusal holds until the told wait is over, and never for more than
/// <see cref="MaxLife"/>: what another process gave back is then seen. Where it would outlast that, one of those who ask shortly before is
/// sent to the owner while the others are still told: else all would ask at once when it is over. Not safe for use by several threads.
/// </summary>
internal sealed class KeyRefusals(SpecVersion version)
{
    /// <summary>The most costs that are told exactly; one beyond is told a wait that is surely long enough.</summary>
    public const int MaxCosts = 4;

    /// <summary>The longest that a refusal is told again.</summary>
    public static readonly TimeSpan MaxLife = TimeSpan.FromSeconds(1);

    // Where permits come faster one by one, the remaining that is told again may be some too low: the owner would be asked as often else.
    private const long LeastLifeMicroseconds = 20_000;

    // The part of a refusal's life after which it is asked for anew. What is left, 125 ms of a second, is nearly always time enough.
    private const double RefreshAfter = 0.875;

    private readonly List<Refusal> _byCost = new(capacity: 1);

    /// <summary>The spec that decided.</summary>
    public SpecVersion Version { get; } = version;

    /// <summary>Remembers a refusal.</summary>
    /// <param name="cost">What was asked for, at least 1.</param>
    /// <param name="decision">What the owner answered: refused for now.</param>
    /// <param name="sentAt">When it was asked: the wait began later, so that it is over when this says so.</param>
    /// <param name="heardAt">When it answered: the wait began sooner, so that who waits it from here is never too early.</param>
    /// <param name="time">The clock of both timestamps.</param>
    public void Add(long cost, in Decision decision, long sentAt, long heardAt, TimeProvider time)
    {
        var life = Math.Min(decision.RetryAfter.Microseconds, (long)MaxLife.TotalMicroseconds);
        if (!decision.NextAfter.IsNever)
            life = Math.Min(life, Math.Max(decision.NextAfter.Microseconds, LeastLifeMicroseconds));
        var ticks = life / 1_000_000.0 * time.TimestampFrequency;
        var until = sentAt + (long)ticks;

        // One that ends because permits have come is not refused again: to ask sooner would be to ask twice.
        var refreshAt = life < decision.RetryAfter.Microseconds ? sentAt + (long)(RefreshAfter * ticks) : long.MaxValue;
        _byCost.RemoveAll(known => known.Cost == cost || known.Until <= heardAt);
        if (_byCost.Count == MaxCosts)
            _byCost.RemoveAt(MaxCosts - 1);
        var place = _byCost.FindIndex(known => known.Cost > cost);
        _byCost.Insert(place < 0 ? _byCost.Count : place, new Refusal(cost, decision, heardAt, until, refreshAt));
    }

    /// <summary>Refuses a cost again, if the owner surely would and nothing speaks for asking it.</summary>
    /// <param name="cost">What is asked for: no more than the spec can ever admit.</param>
    /// <param name="now">The timestamp.</param>
    /// <param name="time">The clock.</param>
    /// <param name="decision">What to tell.</param>
    public bool TryTell(long cost, long now, TimeProvider time, out Decision decision)
    {
        decision = default;
        var live = 0;
        var (below, above) = (-1, -1);
        for (var i = 0; i < _byCost.Count; i++)
        {
            if (_byCost[i].Until <= now)
                continue;
            live++;
            if (_byCost[i].Cost <= cost)
                below = i;
            else if (above < 0)
                above = i;
        }

        if (below < 0)
            return false;
        var refusal = _byCost[below];
        if (refusal.Cost == cost && refusal.RefreshAt <= now)
        {
            _byCost[below] = refusal with { RefreshAt = long.MaxValue };
            return false;
        }

        var told = refusal.Told(now, time);
        if (refusal.Cost != cost)
        {
            if (live < MaxCosts)
                return false;

            // More costs more: whoever is refused less waits no longer than whoever is refused more, and a whole key admits all.
            told = told with { RetryAfter = above < 0 ? told.ResetAfter : _byCost[above].Told(now, time).RetryAfter };
        }

        decision = told;
        return true;
    }

    private readonly record struct Refusal(long Cost, Decision Decision, long HeardAt, long Until, long RefreshAt)
    {
        public Decision Told(long now, TimeProvider time) =>
            Decision.ToldAfter(Wait.OfMicroseconds((long)time.GetElapsedTime(HeardAt, now).TotalMicroseconds));
    }
}
