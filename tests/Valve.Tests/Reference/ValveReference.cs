using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Valve.Tests.Reference;

/// <summary>
/// The valve again, as plainly as it can be said: one list for the line, one for those in checkout, exact fractions for the pace,
/// everything looked for by going through all. Everything is stored at once. Written from the rules, shares no step with the machine.
/// </summary>
internal sealed class ValveReference(ValveSpec spec, DrawSeed seed, long now)
{
    private const long Second = 1_000_000;

    private readonly List<Person> _line = [];
    private readonly List<Person> _checkout = [];
    private readonly long _turn = spec.AcceptWithin.Ticks / 10;
    private long _now = now;
    private long _stoodStill;
    private long _places;
    private bool _drawn;
    private bool _paused;
    private bool _soldOut;
    private bool _closed;
    private ValveRates _rates = spec.Rates;

    // The next admission may be at _ready / _readyParts.
    private Int128 _ready;
    private Int128 _readyParts = 1;
    private long _averageTurn = spec.AcceptWithin.Ticks / 10 / 32;

    public int Waiting => _line.Count;

    public int InCheckout => _checkout.Count;

    public bool IsDrawn => _drawn;

    private ValvePhase Phase =>
        _closed ? ValvePhase.Closed
        : _soldOut ? ValvePhase.SoldOut
        : _now < spec.PreQueueAt.Microseconds ? ValvePhase.Scheduled
        : _paused ? ValvePhase.Paused
        : _drawn ? ValvePhase.Open : ValvePhase.PreQueue;

    private long ReadyAt => (long)((_ready + _readyParts - 1) / _readyParts);

    public void LiveUntil(long end)
    {
        if (end - _now > Second)
        {
            _stoodStill += end - Second - _now;
            _now = end - Second;
        }

        while (!_closed)
        {
            var things = new List<(long At, int Rank, Action Do)>();
            if (!_drawn)
                things.Add((spec.OpensAt.Microseconds, 0, DrawAll));
            foreach (var person in _checkout)
                things.Add((person.Expiry, 1, () => EndTurn(person)));
            foreach (var person in _line)
                things.Add((person.DiesAt + _stoodStill, 2, () => _line.Remove(person)));
            if (_drawn && !_paused && !_soldOut && _checkout.Count < _rates.Checkout && _line.Count > 0)
                things.Add((Math.Max(_now, ReadyAt), 3, AdmitFirst));
            var next = things.Where(thing => thing.At <= end).OrderBy(thing => thing.At).ThenBy(thing => thing.Rank).FirstOrDefault();
            if (next.Do is null)
                break;
            _now = Math.Max(_now, next.At);
            next.Do();
        }

        _now = end;
    }

    public ValveAnswer Join(UserId user)
    {
        if (Find(user) is null && (Phase is ValvePhase.PreQueue or ValvePhase.Open or ValvePhase.Paused))
        {
            if (_line.Count + _checkout.Count >= spec.MaxPlaces)
                return Bare(QueueState.LineFull) with { PollAfter = OfMs(Longest) };
            _line.Add(new Person { User = user, Number = ++_places, ToldAt = _now });

            // Even the first in line lives until it is told what to wait for; then it may be admitted at once.
            _line[^1].DiesAt = _now - _stoodStill + (30 * Second);
            LiveUntil(_now);
            return Answer(Find(user)!, polled: false);
        }

        return Poll(user);
    }

    public ValveAnswer Poll(UserId user)
    {
        if (Find(user) is { } person)
            return Answer(person, polled: true);
        return Phase switch
        {
            ValvePhase.Closed => Bare(QueueState.Closed),
            ValvePhase.SoldOut => Bare(QueueState.SoldOut),
            ValvePhase.Scheduled => Bare(QueueState.NotOpen) with { PollAfter = OfMs(Quarter(spec.PreQueueAt.Microseconds - _now)) },
            _ => Bare(QueueState.NoPlace),
        };
    }

    public PlaceEnded Leave(UserId user)
    {
        if (Find(user) is not { } person)
            return PlaceEnded.NotHeld;
        if (!_line.Remove(person))
            return PlaceEnded.Admitted;
        LiveUntil(_now);
        return PlaceEnded.Ended;
    }

    public PlaceEnded End(Admission admission)
    {
        if (_checkout.Find(person => person.User == admission.User && person.Number == admission.Id.Place) is not { } held)
            return PlaceEnded.NotHeld;
        EndTurn(held);
        LiveUntil(_now);
        return PlaceEnded.Ended;
    }

    public void Command(ValveCommand command)
    {
        if (_closed)
            return;
        switch (command.Kind)
        {
            case ValveCommandKind.Pause:
                _paused = true;
                break;
            case ValveCommandKind.Resume:
                _paused = _soldOut = false;
                break;
            case ValveCommandKind.SoldOut:
                _soldOut = true;
                break;
            case ValveCommandKind.SetRates when command.Rates != _rates:
                _rates = command.Rates;
                var step = (_rates.WindowMicroseconds + _rates.Admissions - 1) / _rates.Admissions;
                (_ready, _readyParts) = (Math.Min(ReadyAt, _now + step), 1);
                break;
            case ValveCommandKind.Close:
                _closed = true;
                _line.Clear();
                _checkout.Clear();
                break;
        }

        LiveUntil(_now);
    }

    private void DrawAll()
    {
        _drawn = true;
        var all = string.Concat(_line.Select(person => person.Number).Order().Select(number => $"{number}\n"));
        var hash = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(all)));
        var drawn = _line.OrderBy(person =>
            Convert.ToHexString(System.Security.Cryptography.HMACSHA256.HashData(
                seed.Span, System.Text.Encoding.ASCII.GetBytes($"{person.Number}.{hash}"))), StringComparer.Ordinal).ToList();
        _line.Clear();
        _line.AddRange(drawn);
    }

    private void AdmitFirst()
    {
        var person = _line[0];
        _line.RemoveAt(0);
        person.Expiry = _now + _turn;
        _checkout.Add(person);
        var exact = _now > ReadyAt
            ? (Whole: (Int128)_now * _rates.Admissions, Parts: (Int128)_rates.Admissions)
            : (Whole: _ready * _rates.Admissions / _readyParts, Parts: (Int128)_rates.Admissions);
        (_ready, _readyParts) = (exact.Whole + _rates.WindowMicroseconds, exact.Parts);
    }

    private void EndTurn(Person person)
    {
        _checkout.Remove(person);
        _averageTurn += (_now - (person.Expiry - _turn) - _averageTurn) / 16;
    }

    private ValveAnswer Answer(Person person, bool polled)
    {
        var answer = Bare(QueueState.Waiting) with { Place = person.Number };
        int pollAfter;
        if (_checkout.Contains(person))
        {
            pollAfter = Quarter(person.Expiry - _now);
            var id = Ids(person);
            answer = answer with
            {
                State = QueueState.Admitted,
                Admission = new Admission(id, spec.Sale, person.User, new Instant(person.Expiry))
            };
        }
        else if (_soldOut)
        {
            pollAfter = Longest;
            answer = answer with { State = QueueState.SoldOut };
        }
        else if (!_drawn)
        {
            pollAfter = Math.Min(Longest, Math.Max(Quarter(spec.OpensAt.Microseconds - _now), (_line.Count + _checkout.Count) / 2));
            answer = answer with { State = QueueState.PreQueue };
        }
        else
        {
            var ahead = _line.IndexOf(person);
            var byRate = Math.Max(0, ReadyAt - _now) + (ahead * _rates.WindowMicroseconds / _rates.Admissions);
            var without = ahead + 1 - Math.Max(0, _rates.Checkout - _checkout.Count);
            var eta = Math.Max(byRate, without <= 0 ? 0 : without * _averageTurn / _rates.Checkout);
            pollAfter = Math.Min(Longest, Math.Max(Quarter(eta), _paused ? (_line.Count + _checkout.Count) / 2 : 0));
            answer = answer with { Position = ahead + 1, Eta = _paused ? null : Wait.OfMicroseconds(eta) };
        }

        var early = polled && _now - person.ToldAt < person.ToldMs * 500L;
        (person.ToldAt, person.ToldMs) = (_now, pollAfter);
        person.DiesAt = _now - _stoodStill + Math.Max(30 * Second, 3_000L * pollAfter);
        return answer with { IsEarly = early, PollAfter = OfMs(pollAfter) };
    }

    private AdmissionId Ids(Person person)
    {
        var bits = System.Security.Cryptography.HMACSHA256.HashData(seed.Span, "admissions"u8);
        return new AdmissionId(System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(bits), person.Number);
    }

    private int Longest => (int)Math.Min(60_000, spec.AcceptWithin.TotalMilliseconds / 2);

    private int Quarter(long microseconds) => (int)Math.Clamp(microseconds / 4_000, 1_000, Longest);

    private Person? Find(UserId user) => _line.Concat(_checkout).FirstOrDefault(person => person.User == user);

    private ValveAnswer Bare(QueueState state) => new() { State = state, Phase = Phase, OpensAt = spec.OpensAt };

    private static Wait OfMs(int ms) => Wait.OfMicroseconds(ms * 1_000L);

    private sealed class Person
    {
        public UserId User;
        public long Number;
        public long ToldAt;
        public int ToldMs;
        public long DiesAt;
        public long Expiry;
    }
}
