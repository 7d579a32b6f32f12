using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Resilience;

/// <summary>
/// A part of the remembered keys, under one lock: a ring in the order in which keys came, and where in it each key stands.
/// </summary>
internal sealed class RememberedShard(int max)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<SubjectKey, int> _places = [];
    private readonly List<(SubjectKey Key, Remainder Remainder)> _ring = [];
    private readonly Stack<int> _free = [];
    private int _hand;

    private int _refused;

    // From 1: a request of which nobody noted when it was asked has none of them.
    private int _epoch = 1;

    public int Count
    {
        get
        {
            lock (_gate)
                return _places.Count;
        }
    }

    /// <summary>Counted up whenever something is given back.</summary>
    public int Epoch => Volatile.Read(ref _epoch);

    /// <summary>Whether any of its keys was refused.</summary>
    public bool HasRefusals => Volatile.Read(ref _refused) > 0;

    /// <param name="key">The key.</param>
    /// <param name="remainder">What is left of it.</param>
    /// <param name="isMoved">Whether permits were taken or given: the waits that were told are not what they were.</param>
    public void Note(in SubjectKey key, Remainder remainder, bool isMoved)
    {
        lock (_gate)
            Put(key, isMoved ? remainder : remainder with { Refusals = RefusalsOf(key) });
    }

    public void NoteRefusal(
        in LimitRequest request, SpecVersion version, in Decision decision, Remainder remainder, AskedAt asked, TimeProvider time)
    {
        lock (_gate)
        {
            var refusals = RefusalsOf(request.Key);
            if (asked.Epoch == _epoch)
            {
                if (refusals?.Version != version)
                    refusals = new KeyRefusals(version);
                refusals.Add(request.Permits.Count, decision, asked.Timestamp, remainder.At, time);
            }

            Put(request.Key, remainder with { Refusals = refusals });
        }
    }

    public bool TryRefuse(in LimitRequest request, long now, TimeProvider time, out Decision decision)
    {
        decision = default;
        lock (_gate)
        {
            return RefusalsOf(request.Key) is { } refusals && refusals.Version == request.Spec.Version
                && refusals.TryTell(request.Permits.Count, now, time, out decision);
        }
    }

    public void ForgetRefusals(in SubjectKey key)
    {
        lock (_gate)
        {
            Volatile.Write(ref _epoch, _epoch + 1);
            if (_places.TryGetValue(key, out var place))
                Put(key, _ring[place].Remainder with { Refusals = null });
        }
    }

    public bool TryTake(in SubjectKey key, TimeProvider time, out Remainder remainder)
    {
        lock (_gate)
        {
            remainder = default;
            if (!_places.TryGetValue(key, out var place))
                return false;
            remainder = _ring[place].Remainder;
            if (remainder.NextAfter.IsNever || remainder.HasPassed(remainder.NextAfter, time))
                Remove(key, place);
            return true;
        }
    }

    public void Spend(in SubjectKey key, long permits)
    {
        lock (_gate)
        {
            if (!_places.TryGetValue(key, out var place))
                return;
            var (_, remainder) = _ring[place];
            _ring[place] = (key, remainder with { Remaining = Math.Clamp(remainder.Remaining - permits, 0, remainder.Limit) });
        }
    }

    public void Remove(in SubjectKey key)
    {
        lock (_gate)
        {
            if (_places.TryGetValue(key, out var place))
                Remove(key, place);
        }
    }

    private void Remove(in SubjectKey key, int place)
    {
        _places.Remove(key);
        Empty(place);
        _free.Push(place);
    }

    private KeyRefusals? RefusalsOf(in SubjectKey key) =>
        _places.TryGetValue(key, out var place) ? _ring[place].Remainder.Refusals : null;

    private void Put(in SubjectKey key, Remainder remainder)
    {
        if (!_places.TryGetValue(key, out var place))
            _places[key] = place = MakePlace();
        _refused += (remainder.Refusals is null ? 0 : 1) - (_ring[place].Remainder.Refusals is null ? 0 : 1);
        _ring[place] = (key, remainder);
    }

    private void Empty(int place)
    {
        if (_ring[place].Remainder.Refusals is not null)
            _refused--;
        _ring[place] = default;
    }

    private int MakePlace()
    {
        if (_free.TryPop(out var place))
            return place;
        if (_ring.Count < max)
        {
            _ring.Add(default);
            return _ring.Count - 1;
        }

        place = _hand;
        _hand = (_hand + 1) % max;
        _places.Remove(_ring[place].Key);
        Empty(place);
        return place;
    }
}
