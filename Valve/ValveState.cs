using OrleansLimiter.Valve.Line;
using OrleansLimiter.Valve.Records;

namespace OrleansLimiter.Valve;

/// <summary>
/// All that a valve knows but for the time and what is not stored yet, and the steps by which it changes. A live valve and one that is
/// being restored take the same steps. Owned by one valve.
/// </summary>
internal sealed class ValveState
{
    // A turn's average length moves by a sixteenth of the difference with each turn that ends. It begins short: people who are told too
    // long a wait come back late, keep their turn for all that time, and so make the wait as long as they were told.
    private const int TurnsAveraged = 16;
    private const int FirstTurnPart = 32;

    private readonly Queue<(int Slot, long Number)> _turns = [];
    private readonly List<PlaceRun> _drawn = [];

    private string? _placesHash;

    public ValveState(ValveSpec spec, DrawSeed seed, bool isBound)
    {
        IsBound = isBound;
        Spec = spec;
        Seed = seed;
        AdmissionBits = seed.AdmissionBits();
        Rates = spec.Rates;
        Pace = AdmissionPace.Of(spec.Rates);
        Places = new PlaceTable();
        Line = new WaitingLine(Places);
        AverageTurn = spec.TurnMicroseconds / FirstTurnPart;
    }

    public ValveSpec Spec { get; }

    public DrawSeed Seed { get; }

    /// <summary>Whether the draw's order depends on who takes part.</summary>
    public bool IsBound { get; }

    public ulong AdmissionBits { get; }

    public PlaceTable Places { get; }

    public WaitingLine Line { get; }

    public ValveRates Rates { get; private set; }

    public AdmissionPace Pace { get; private set; }

    /// <summary>How long an admission lasts on average, in microseconds.</summary>
    public long AverageTurn { get; private set; }

    public ValveCounts Counts { get; private set; }

    /// <summary>The number of the last place that was given.</summary>
    public long LastPlace { get; private set; }

    public int Joining { get; private set; }

    public int InCheckout { get; private set; }

    public bool IsPaused { get; private set; }

    public bool IsSoldOut { get; private set; }

    public bool IsClosed { get; private set; }

    public bool IsDrawn { get; private set; }

    /// <summary>Whether the record of the draw is stored, so that positions may be told.</summary>
    public bool IsDrawStored { get; private set; }

    /// <summary>Whether the seed is stored, so that its hash may be told.</summary>
    public bool IsSeedStored { get; private set; }

    /// <summary>Who took part in the draw.</summary>
    public IReadOnlyList<PlaceRun> Drawn => _drawn;

    /// <summary>The hash of who took part, once they were drawn. Computed once.</summary>
    public string PlacesHash => _placesHash ??= Valve.Draw.HashOf(_drawn);

    /// <summary>Whether somebody may be admitted if the pace allows it, and who.</summary>
    public bool TryNext(out int slot)
    {
        slot = -1;
        return IsDrawn && !IsPaused && !IsSoldOut && !IsClosed && InCheckout < Rates.Checkout && Line.TryFront(out slot);
    }

    /// <summary>The admission that expires first: all last equally long, so they expire in the order in which they were given.</summary>
    public bool TryFirstTurn(out int slot)
    {
        while (_turns.TryPeek(out var turn))
        {
            slot = turn.Slot;
            if (Places[slot].Number == turn.Number && Places[slot].IsInCheckout)
                return true;
            _turns.Dequeue();
        }

        slot = -1;
        return false;
    }

    /// <summary>The places that are in checkout, the first to expire first.</summary>
    public IEnumerable<int> Turns() =>
        _turns.Where(turn => Places[turn.Slot].Number == turn.Number && Places[turn.Slot].IsInCheckout).Select(turn => turn.Slot);

    public int Join(UserId user, long number, PlaceState state)
    {
        var slot = Places.Add(user, number, state);
        if (!IsDrawn && !IsBound)
            Places[slot].CodeOrExpiry = FirstBitsOf(number);
        Line.Append(slot);
        LastPlace = Math.Max(LastPlace, number);
        Joining += state == PlaceState.Joining ? 1 : 0;
        return slot;
    }

    public void CountJoined() => Counts = Counts with { Joined = Counts.Joined + 1 };

    /// <summary>
    /// Draws all who are in the line. Their codes depend on all of them, so that nobody could know one before; a microsecond each.
    /// </summary>
    public void Draw()
    {
        var slots = new List<int>(Line.Count);
        foreach (var slot in Line.InOrder())
        {
            ref var place = ref Places[slot];
            place.Spot = -1;
            if (place.State == PlaceState.Gone)
                continue;
            slots.Add(slot);
            Drew(new PlaceRun(place.Number, place.Number));
        }

        if (IsBound)
        {
            foreach (var slot in slots)
                Places[slot].CodeOrExpiry = FirstBitsOf(Places[slot].Number);
        }

        slots.Sort(CompareCodes);
        Line.Clear();
        foreach (var slot in slots)
        {
            Places[slot].CodeOrExpiry = 0;
            Line.Append(slot);
        }

        IsDrawn = true;
    }

    /// <summary>Notes that places took part in the draw.</summary>
    public void Drew(PlaceRun run)
    {
        if (_drawn.Count > 0 && _drawn[^1].Last + 1 == run.First)
            _drawn[^1] = _drawn[^1] with { Last = run.Last };
        else
            _drawn.Add(run);
    }

    public void Admit(int slot, long at, long expiry)
    {
        HoldTurn(slot, expiry, PlaceState.Admitting);
        var pace = Pace;
        pace.Take(at);
        Pace = pace;
        Counts = Counts with { Admitted = Counts.Admitted + 1 };
    }

    public void HoldTurn(int slot, long expiry, PlaceState state)
    {
        Places[slot].State = state;
        Places[slot].CodeOrExpiry = expiry;
        _turns.Enqueue((slot, Places[slot].Number));
        InCheckout++;
    }

    public void End(int slot, long at, PlaceEnding ending)
    {
        ref var place = ref Places[slot];
        if (place.IsInCheckout)
        {
            InCheckout--;
            var lasted = at - (place.CodeOrExpiry - Spec.TurnMicroseconds);
            AverageTurn += (lasted - AverageTurn) / TurnsAveraged;
        }

        Joining -= place.State == PlaceState.Joining ? 1 : 0;
        Counts = Counts.With(ending);
        Places.Detach(slot);
    }

    public void SetRates(ValveRates rates, long at)
    {
        Rates = rates;
        Pace = Pace.Changed(rates, at);
    }

    /// <summary>
    /// Goes on by a clock that was set: turns that are under way end as much later or earlier, and so may the next one begin.
    /// </summary>
    public void Shift(long by)
    {
        Pace = Pace.Shifted(by);
        foreach (var slot in Turns())
            Places[slot].CodeOrExpiry += by;
    }

    /// <summary>
    /// Puts right what records of before and after a step of the clock say together: turns end in order, and the next one begins at most a
    /// step of the pace from now.
    /// </summary>
    public void TakeUpAt(long now)
    {
        var turns = Turns().Select(slot => (Slot: slot, Places[slot].Number)).OrderBy(turn => Places[turn.Slot].CodeOrExpiry).ToList();
        _turns.Clear();
        foreach (var turn in turns)
            _turns.Enqueue(turn);
        var changed = Pace.Changed(Rates, now);
        if (changed.ReadyAt < Pace.ReadyAt)
            Pace = changed;
    }

    public void Pause() => IsPaused = true;

    public void Resume() => IsPaused = IsSoldOut = false;

    public void SellOut() => IsSoldOut = true;

    public void Close()
    {
        IsClosed = true;
        Places.Clear();
        Line.Clear();
        _turns.Clear();
        (Joining, InCheckout) = (0, 0);
    }

    /// <summary>Takes over what a snapshot says of the valve as a whole.</summary>
    public void Restore(long lastPlace, bool isDrawn)
    {
        LastPlace = lastPlace;
        IsDrawn = IsDrawStored = isDrawn;
    }

    public void Restore(ValveRates rates) => Rates = rates;

    public void Restore(AdmissionPace pace, long averageTurn) => (Pace, AverageTurn) = (pace, averageTurn);

    public void Restore(ValveCounts counts) => Counts = counts;

    /// <summary>What follows once a record is stored: only then is it told, and only then do positions move.</summary>
    public void Settle(in ValveRecord record, int slot)
    {
        switch (record.Kind)
        {
            case ValveRecordKind.Started or ValveRecordKind.StartedBound:
                IsSeedStored = true;
                break;
            case ValveRecordKind.Drawn:
                IsDrawStored = true;
                break;
            case ValveRecordKind.Joined when Speaks(record, slot) && Places[slot].State == PlaceState.Joining:
                Places[slot].State = PlaceState.Waiting;
                Joining--;
                break;
            case ValveRecordKind.Admitted when Speaks(record, slot):
                Line.Remove(slot);
                if (Places[slot].State == PlaceState.Admitting)
                    Places[slot].State = PlaceState.Admitted;
                break;
            case ValveRecordKind.Ended when Speaks(record, slot):
                Line.Remove(slot);
                Places.Free(slot);
                break;
        }
    }

    // A closed valve has no places that a late record could speak of.
    private bool Speaks(in ValveRecord record, int slot) => !IsClosed && Places[slot].Number == record.Place;

    private (UInt128 High, UInt128 Low) DrawCode(long place) => Valve.Draw.Key(Seed, place, IsBound ? PlacesHash : null);

    private long FirstBitsOf(long place) => (long)(ulong)(DrawCode(place).High >> 64);

    private int CompareCodes(int a, int b)
    {
        ref var one = ref Places[a];
        ref var other = ref Places[b];
        var byCode = ((ulong)one.CodeOrExpiry).CompareTo((ulong)other.CodeOrExpiry);
        return byCode != 0 || a == b ? byCode : DrawCode(one.Number).CompareTo(DrawCode(other.Number));
    }
}
