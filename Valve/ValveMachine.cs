using OrleansLimiter.Core.Collections;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Valve.Line;
using OrleansLimiter.Valve.Records;

namespace OrleansLimiter.Valve;

/// <summary>
/// The valve of one sale: who stands in line, and whose turn it is. It has no clock, no lock and no storage: time comes with every call,
/// and whatever must survive a crash is a numbered record that the owner takes, stores and acknowledges (<see cref="Stored"/>); until then
/// it is told to nobody. For one seed and the same calls it does the same. One caller at a time.
/// </summary>
internal sealed class ValveMachine
{
    /// <summary>
    /// The longest time between two calls that is lived through as if somebody had looked all the while: 1 s. Of a longer gap, in which the
    /// owner stood still, only the last second is: it admits nobody for the rest, and no place dies of it. Admissions expire all the same.
    /// Nor is anybody admitted while a record has been waiting to be stored for longer than that.
    /// </summary>
    public const long LongestGapMicroseconds = 1_000_000;

    private readonly ValveState _state;
    private readonly ValveJournal _journal;
    private readonly IndexedHeap<Place> _beats;
    private readonly ValveView _told;
    private long _clock;

    // By how much the heartbeats' time lags behind the clock: all that the owner stood still, and by how much the clock was set.
    private long _skipped;

    // By how much the clock was set in all. What people were told when is noted without it.
    private long _set;

    private DrawProof? _proof;

    private ValveMachine(ValveState state, long lastRecord, long clock)
    {
        _state = state;
        _journal = new ValveJournal(lastRecord);
        _beats = state.Places.Heartbeats;
        _told = new ValveView(state);
        _clock = clock;
    }

    /// <summary>What the valve was set up with.</summary>
    public ValveSpec Spec => _state.Spec;

    /// <summary>The number of the last record.</summary>
    public long LastRecord => _journal.Last;

    /// <summary>Whether there are records that are not stored yet.</summary>
    public bool HasUnstored => _journal.Unstored > 0;

    /// <summary>Sets a valve up.</summary>
    /// <param name="spec">The sale, its times and rates.</param>
    /// <param name="seed">Random bits, used for nothing else.</param>
    /// <param name="now">The owner's clock.</param>
    /// <returns>A valve with nobody in it, and a first record.</returns>
    public static ValveMachine Start(ValveSpec spec, DrawSeed seed, Instant now)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentNullException.ThrowIfNull(seed);
        var machine = new ValveMachine(new ValveState(spec, seed, isBound: true), 0, now.Microseconds);
        machine._journal.Add(StartRecord.KindOf(isBound: true), machine._clock, 0, StartRecord.UserOf(seed), StartRecord.AOf(seed),
            StartRecord.BOf(seed), -1);
        return machine;
    }

    /// <summary>
    /// Builds the valve again that stored these records. The order of the line, the admissions and what they count for are what they were;
    /// no position that was told has grown; everybody has the longest time to ask again.
    /// </summary>
    /// <param name="spec">What the valve was set up with.</param>
    /// <param name="snapshot">The last snapshot that was stored whole; empty if there is none.</param>
    /// <param name="records">The records stored since, in order; those that the snapshot covers are passed over.</param>
    /// <param name="now">The owner's clock.</param>
    /// <param name="machine">The valve; not to be used if the records are not those of such a valve.</param>
    /// <returns>Whether they are: a record that is missing or cannot be understood is a failure, not a fresh valve.</returns>
    public static bool TryRestore(
        ValveSpec spec,
        IEnumerable<ValveRecord> snapshot,
        IEnumerable<ValveRecord> records,
        Instant now,
        [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out ValveMachine? machine)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(records);
        machine = ValveReplay.TryRead(spec, snapshot, records, out var state, out var last)
            ? new ValveMachine(state, last, now.Microseconds)
            : null;
        if (machine is null)
            return false;
        state!.TakeUpAt(now.Microseconds);
        machine.GiveEverybodyTime();
        return true;
    }

    /// <summary>All that the valve knows, as records that can be restored from: made of the state as it is, stored or not.</summary>
    /// <returns>The records, each numbered <see cref="LastRecord"/>; once they are stored, so is every record up to it.</returns>
    public IReadOnlyList<ValveRecord> Snapshot() => ValveSnapshot.Of(_state, _journal.Last, new Instant(_clock));

    /// <summary>Hands over the records that were not handed over before, to be stored in order.</summary>
    /// <param name="records">Where to.</param>
    public void TakeRecords(ICollection<ValveRecord> records)
    {
        ArgumentNullException.ThrowIfNull(records);
        _journal.Take(records);
    }

    /// <summary>Acknowledges that all records up to a number are stored: what they say is told from now on.</summary>
    /// <param name="upTo">The number of the last that is stored.</param>
    /// <param name="now">The owner's clock.</param>
    public void Stored(long upTo, Instant now)
    {
        Advance(now);
        while (_journal.TryNextStored(upTo, out var record, out var slot))
            _state.Settle(record, slot);
        Advance(now);
    }

    /// <summary>
    /// Lives through the time up to now. Every other call does that first; an owner whom nobody calls does it at least once a second.
    /// </summary>
    /// <param name="now">The owner's clock; earlier than before is taken for as late as before.</param>
    public void Advance(Instant now)
    {
        if (now.Microseconds - _clock > LongestGapMicroseconds)
        {
            _skipped += now.Microseconds - LongestGapMicroseconds - _clock;
            _clock = now.Microseconds - LongestGapMicroseconds;
        }

        var end = Math.Max(_clock, now.Microseconds);
        while (!_state.IsClosed && TryStep(end))
        {
        }

        _clock = end;
    }

    /// <summary>
    /// Takes note that the owner's clock was set. Opening and pre-queue stay the instants that they are, and come sooner or later for it;
    /// nobody is drawn twice, and before the opening nobody is admitted. What lasts lasts as long as it would have: turns, whose admissions
    /// are told anew with the instant that they end by the clock as it is now, places, the pace. An admission that was told before is good
    /// until the instant that it names, by the clocks of those who check it.
    /// </summary>
    /// <param name="microseconds">By how much: above 0 where it was set forward.</param>
    public void ClockSet(long microseconds)
    {
        _clock += microseconds;
        _skipped += microseconds;
        _set += microseconds;
        _journal.Shift(microseconds);
        _state.Shift(microseconds);
    }

    /// <summary>Gives someone a place, or answers for the one that they have, as a poll does.</summary>
    /// <param name="user">Who joins.</param>
    /// <param name="now">The owner's clock.</param>
    /// <returns>How they stand: with a new place <see cref="QueueState.Joining"/> until it is stored.</returns>
    public ValveAnswer Join(UserId user, Instant now)
    {
        Advance(now);
        if (_state.Places.TryFind(user, out var slot))
            return Told(slot, isPoll: true);
        if (_told.PhaseAt(_clock) is ValvePhase.Scheduled or ValvePhase.SoldOut or ValvePhase.Closed)
            return _told.WithoutPlace(_clock);
        if (_state.Places.Count >= Spec.MaxPlaces)
            return _told.LineFull(_clock);
        var number = _state.LastPlace + 1;
        slot = _state.Join(user, number, PlaceState.Joining);
        _state.CountJoined();
        _journal.Add(ValveRecordKind.Joined, _clock, number, user, 0, 0, slot);
        return Told(slot, isPoll: false);
    }

    /// <summary>Answers someone who asks how they stand, and keeps their place alive.</summary>
    /// <param name="user">Who asks.</param>
    /// <param name="now">The owner's clock.</param>
    /// <returns>How they stand.</returns>
    public ValveAnswer Poll(UserId user, Instant now)
    {
        Advance(now);
        return _state.Places.TryFind(user, out var slot) ? Told(slot, isPoll: true) : _told.WithoutPlace(_clock);
    }

    /// <summary>Answers a join again, after what it made was stored: as <see cref="Poll"/>, but the person did not ask again.</summary>
    /// <param name="user">Who joined.</param>
    /// <param name="now">The owner's clock.</param>
    /// <returns>How they stand.</returns>
    public ValveAnswer Tell(UserId user, Instant now)
    {
        Advance(now);
        return _state.Places.TryFind(user, out var slot) ? Told(slot, isPoll: false) : _told.WithoutPlace(_clock);
    }

    /// <summary>Keeps a place alive whose owner was answered elsewhere, from what this valve had published.</summary>
    /// <param name="user">Who was answered.</param>
    /// <param name="toldAt">When; what is later than now is taken for now, what is earlier than the last answer changes nothing.</param>
    /// <param name="told">The wait that was told, at most the longest of this valve.</param>
    /// <param name="now">The owner's clock.</param>
    public void Heard(UserId user, Instant toldAt, Wait told, Instant now)
    {
        Advance(now);
        if (!_state.Places.TryFind(user, out var slot))
            return;
        var at = Math.Min(toldAt.Microseconds, _clock);
        if (at - _set >= _state.Places[slot].ToldAt)
            Note(slot, at, (int)Math.Clamp(told.MillisecondsUp ?? long.MaxValue, 0, PollPace.LongestFor(Spec)));
    }

    /// <summary>Gives someone's place up, or their admission.</summary>
    /// <param name="user">Whose.</param>
    /// <param name="now">The owner's clock.</param>
    /// <returns>Whether there was one.</returns>
    public PlaceEnded Leave(UserId user, Instant now)
    {
        Advance(now);
        if (!_state.Places.TryFind(user, out var slot))
            return PlaceEnded.NotHeld;
        End(slot, PlaceEnding.Left);
        Advance(now);
        return PlaceEnded.Ended;
    }

    /// <summary>
    /// Gives someone's place up, but no admission that was told: somebody may be about to buy with it, and its slot shall not be another's
    /// before nobody can.
    /// </summary>
    /// <param name="user">Whose.</param>
    /// <param name="now">The owner's clock.</param>
    /// <returns>Whether there was one, or <see cref="PlaceEnded.Admitted"/>.</returns>
    public PlaceEnded LeaveLine(UserId user, Instant now)
    {
        Advance(now);
        return _state.Places.TryFind(user, out var slot) && _state.Places[slot].State == PlaceState.Admitted
            ? PlaceEnded.Admitted
            : Leave(user, now);
    }

    /// <summary>Ends an admission whose purchase is made.</summary>
    /// <param name="id">The admission.</param>
    /// <param name="user">Whose it is.</param>
    /// <param name="now">The owner's clock.</param>
    /// <returns>Whether it was still held: its slot is free now.</returns>
    public PlaceEnded Complete(AdmissionId id, UserId user, Instant now) => EndTurn(id, user, PlaceEnding.Completed, now);

    /// <summary>Ends an admission that nothing is bought with any more: it was given up, or too many payments were declined.</summary>
    /// <param name="id">The admission.</param>
    /// <param name="user">Whose it is.</param>
    /// <param name="now">The owner's clock.</param>
    /// <returns>Whether it was still held: its slot is free now.</returns>
    public PlaceEnded Abandon(AdmissionId id, UserId user, Instant now) => EndTurn(id, user, PlaceEnding.Abandoned, now);

    /// <summary>Does what an operator says.</summary>
    /// <param name="command">What to do.</param>
    /// <param name="now">The owner's clock.</param>
    /// <returns>How the valve stands then.</returns>
    public ValveStatus Command(ValveCommand command, Instant now)
    {
        Advance(now);
        if (!_state.IsClosed)
            Obey(command);
        Advance(now);
        return Status(now);
    }

    public ValveStatus Status(Instant now)
    {
        Advance(now);
        var waiting = _state.Places.Count - _state.Joining - _state.InCheckout;
        return new ValveStatus(_told.PhaseAt(_clock), _state.IsPaused, _state.Rates, _state.Joining, waiting, _state.InCheckout,
            _state.Counts, _journal.Unstored);
    }

    /// <summary>What may be published of the draw.</summary>
    /// <param name="now">The owner's clock.</param>
    /// <returns>The seed's hash, and after the draw all that is needed to check it.</returns>
    public DrawProof Proof(Instant now)
    {
        Advance(now);
        if (!_state.IsDrawStored)
            return new DrawProof(_state.IsSeedStored ? _state.Seed.Hash() : null, null, null, [], _state.IsBound);

        // Nothing of it changes any more.
        return _proof ??= new DrawProof(_state.Seed.Hash(), _state.PlacesHash, _state.Seed.Reveal(), [.. _state.Drawn], _state.IsBound);
    }

    /// <summary>
    /// Does the next thing that is due, if one is by <paramref name="end"/>: at one instant the draw first, then what ends, then whose turn
    /// it is.
    /// </summary>
    private bool TryStep(long end)
    {
        var draw = _state.IsDrawn ? long.MaxValue : Spec.OpensAt.Microseconds;
        var expiry = _state.TryFirstTurn(out var expiring) ? _state.Places[expiring].CodeOrExpiry : long.MaxValue;
        var death = _beats.DueAt == long.MaxValue ? long.MaxValue : _beats.DueAt + _skipped;
        var admission = AdmissionDue(out var next);
        var due = Math.Min(Math.Min(draw, expiry), Math.Min(death, admission));
        if (due > end)
            return false;
        _clock = Math.Max(_clock, due);
        if (due == draw)
        {
            _state.Draw();
            _journal.Add(ValveRecordKind.Drawn, _clock, 0, default, 0, 0, -1);
        }
        else if (due == expiry)
        {
            End(expiring, PlaceEnding.NoShow);
        }
        else if (due == death)
        {
            End(_beats.First, PlaceEnding.Died);
        }
        else
        {
            Admit(next);
        }

        return true;
    }

    /// <summary>When the next may be admitted, if nothing else happens; the latest there can be if nobody may.</summary>
    private long AdmissionDue(out int slot)
    {
        if (!_state.TryNext(out slot))
            return long.MaxValue;
        var due = Math.Max(Math.Max(_clock, _state.Pace.ReadyAt), Spec.OpensAt.Microseconds);

        // While storage hangs nobody could be told of an admission, and turns would run out unseen.
        return due > _journal.OldestUnstoredAt + LongestGapMicroseconds ? long.MaxValue : due;
    }

    private void Admit(int slot)
    {
        var expiry = new Instant(_clock + Spec.TurnMicroseconds).Microseconds;
        _beats.Remove(slot);
        _state.Admit(slot, _clock, expiry);
        _journal.Add(ValveRecordKind.Admitted, _clock, _state.Places[slot].Number, default, expiry, 0, slot);
    }

    private void End(int slot, PlaceEnding ending)
    {
        _beats.Remove(slot);
        _state.End(slot, _clock, ending);
        _journal.Add(ValveRecordKind.Ended, _clock, _state.Places[slot].Number, default, (long)ending, 0, slot);
    }

    private PlaceEnded EndTurn(AdmissionId id, UserId user, PlaceEnding ending, Instant now)
    {
        Advance(now);
        if (!_state.Places.TryFind(user, out var slot) || !_state.Places[slot].IsInCheckout || _told.NameOf(slot) != id)
            return PlaceEnded.NotHeld;
        End(slot, ending);
        Advance(now);
        return PlaceEnded.Ended;
    }

    private void Obey(ValveCommand command)
    {
        var kind = ValveRecordKind.Resumed;
        switch (command.Kind)
        {
            case ValveCommandKind.Pause when !_state.IsPaused:
                _state.Pause();
                kind = ValveRecordKind.Paused;
                break;
            case ValveCommandKind.Resume when _state.IsPaused || _state.IsSoldOut:
                _state.Resume();
                break;
            case ValveCommandKind.SoldOut when !_state.IsSoldOut:
                _state.SellOut();
                kind = ValveRecordKind.SoldOut;
                break;
            case ValveCommandKind.SetRates when command.Rates != _state.Rates:
                _state.SetRates(command.Rates, _clock);
                _journal.Add(ValveRecordKind.Rates, _clock, command.Rates.Checkout, default, command.Rates.Admissions,
                    command.Rates.WindowMicroseconds, -1);
                return;
            case ValveCommandKind.Close:
                _state.Close();
                kind = ValveRecordKind.Closed;
                break;
            default:
                return;
        }

        _journal.Add(kind, _clock, 0, default, 0, 0, -1);
    }

    private void GiveEverybodyTime()
    {
        foreach (var slot in _state.Line.InOrder())
            Note(slot, _clock, PollPace.LongestFor(Spec));
    }

    /// <summary>Notes what an owner was told, and until when the place lives: an admitted one until the admission expires.</summary>
    private void Note(int slot, long at, int toldMs)
    {
        ref var place = ref _state.Places[slot];
        place.ToldAt = at - _set;
        place.ToldMs = toldMs;
        if (!place.IsInCheckout)
            _beats.Set(slot, at - _skipped + PollPace.LifeMicroseconds(toldMs));
    }

    private ValveAnswer Told(int slot, bool isPoll)
    {
        ref var place = ref _state.Places[slot];
        var answer = _told.AnswerFor(slot, _clock, out var pollAfterMs);
        var isEarly = isPoll && PollPace.IsEarly(new Instant(place.ToldAt + _set), place.ToldMs, new Instant(_clock));
        Note(slot, _clock, pollAfterMs);
        return answer with { IsEarly = isEarly };
    }
}
