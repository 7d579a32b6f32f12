using System.Diagnostics.CodeAnalysis;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Valve.Line;

namespace OrleansLimiter.Valve.Records;

/// <summary>Builds a valve's state again by taking the steps that its records tell of, each stored as soon as it is taken.</summary>
internal sealed class ValveReplay
{
    private readonly Dictionary<long, int> _slots = [];
    private readonly ValveState _state;

    private ValveReplay(ValveState state) => _state = state;

    /// <summary>Reads a snapshot, if there is one, and the records after it.</summary>
    /// <returns>Whether they are whole and make sense.</returns>
    public static bool TryRead(
        ValveSpec spec, IEnumerable<ValveRecord> snapshot, IEnumerable<ValveRecord> records, [NotNullWhen(true)] out ValveState? state,
            out long last)
    {
        ValveReplay? replay = null;
        (state, last) = (null, 0);
        foreach (var record in snapshot)
        {
            if (!TryReadOne(ref replay, spec, record) || (last != 0 && record.Number != last))
                return false;
            last = record.Number;
        }

        foreach (var record in records)
        {
            if (record.Number <= last)
                continue;
            if (record.Number != last + 1 || record.Kind >= ValveRecordKind.Head || !TryReadOne(ref replay, spec, record))
                return false;
            last = record.Number;
        }

        state = replay?._state;
        return state is not null;
    }

    private static bool TryReadOne(ref ValveReplay? replay, ValveSpec spec, in ValveRecord record)
    {
        if (StartRecord.Is(record.Kind) != (replay is null))
            return false;
        replay ??= new ValveReplay(new ValveState(spec, StartRecord.SeedOf(record), record.Kind == ValveRecordKind.StartedBound));
        var slot = -1;
        var good = record.Kind < ValveRecordKind.Head ? replay.TryStep(record, out slot) : replay.TryTakeOver(record);
        if (good)
            replay._state.Settle(record, slot);
        return good;
    }

    private bool TryStep(in ValveRecord record, out int slot)
    {
        slot = -1;
        switch (record.Kind)
        {
            case ValveRecordKind.Started or ValveRecordKind.StartedBound:
                return true;
            case ValveRecordKind.Joined:
                _state.CountJoined();
                return TryJoin(record, PlaceState.Joining, out slot);
            case ValveRecordKind.Drawn when !_state.IsDrawn:
                _state.Draw();
                return true;
            case ValveRecordKind.Admitted when _slots.TryGetValue(record.Place, out slot) && !_state.Places[slot].IsInCheckout:
                _state.Admit(slot, record.At.Microseconds, record.A);
                return true;
            case ValveRecordKind.Ended when record.A is >= 0 and <= (long)PlaceEnding.Abandoned && _slots.Remove(record.Place, out slot):
                _state.End(slot, record.At.Microseconds, (PlaceEnding)record.A);
                return true;
            case ValveRecordKind.Rates when TryReadRates(record, out var rates):
                _state.SetRates(rates, record.At.Microseconds);
                return true;
            case ValveRecordKind.Paused:
                _state.Pause();
                return true;
            case ValveRecordKind.Resumed:
                _state.Resume();
                return true;
            case ValveRecordKind.SoldOut:
                _state.SellOut();
                return true;
            case ValveRecordKind.Closed:
                _state.Close();
                _slots.Clear();
                return true;
            default:
                return false;
        }
    }

    private bool TryTakeOver(in ValveRecord record)
    {
        switch (record.Kind)
        {
            case ValveRecordKind.Head:
                _state.Restore(record.Place, record.A == 1);
                return true;
            case ValveRecordKind.Pace:
                _state.Restore(AdmissionPace.Restored(_state.Rates, record.A, record.B), record.Place);
                return true;
            case ValveRecordKind.Count:
                _state.Restore(ValveSnapshot.With(_state.Counts, record.A, record.B));
                return true;
            case ValveRecordKind.Drew:
                _state.Drew(new PlaceRun(record.A, record.B));
                return true;
            case ValveRecordKind.Standing:
                return TryJoin(record, PlaceState.Waiting, out _);
            case ValveRecordKind.InCheckout when TryJoin(record, PlaceState.Waiting, out var slot):
                _state.Line.Remove(slot);
                _state.HoldTurn(slot, record.A, PlaceState.Admitted);
                return true;
            default:
                return false;
        }
    }

    private bool TryJoin(in ValveRecord record, PlaceState state, out int slot)
    {
        slot = -1;
        if (record.Place < 1 || _state.IsClosed || _slots.ContainsKey(record.Place) || _state.Places.TryFind(record.User, out _))
            return false;
        _slots[record.Place] = slot = _state.Join(record.User, record.Place, state);
        return true;
    }

    private static bool TryReadRates(in ValveRecord record, out ValveRates rates) =>
        ValveRates.TryCreate(
            record.A, TimeSpan.FromMicroseconds(Math.Clamp(record.B, 0, Instant.MaxMicroseconds)), record.Place, out rates, out _);
}
