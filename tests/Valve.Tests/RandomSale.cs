using OrleansLimiter.Valve.Records;

namespace OrleansLimiter.Valve.Tests;

/// <summary>
/// A small sale in which each number is something that happens. What people were told is held against what they are told later, whatever
/// the storage lost in between; how it went is read from the records (<see cref="Audit"/>).
/// </summary>
internal sealed class RandomSale(ValveSpec spec, bool storesAtOnce)
{
    private const int Users = 7;

    private readonly ValveRig _rig = new(spec, storesAtOnce);
    private readonly Dictionary<long, int> _positions = [];
    private readonly Dictionary<AdmissionId, Admission> _admissions = [];

    /// <summary>What was stored.</summary>
    public IReadOnlyList<ValveRecord> Records => _rig.Stored;

    /// <summary>Lives through what the numbers say.</summary>
    /// <returns>What went wrong; null for nothing.</returns>
    public string? Play(IEnumerable<int> numbers)
    {
        foreach (var number in numbers)
        {
            _rig.Pass(((number >> 8) % 8) switch
            {
                0 or 1 => 0,
                2 => 1,
                3 => 31 * ValveRig.Second,
                4 => 5 * ValveRig.Second,
                _ =>
                (number >> 11) % ValveRig.Second
            });
            if (Happens(number % 16, (number >> 4) % Users) is { } wrong)
                return $"at {_rig.At}: {wrong}";
        }

        _rig.Store();
        return null;
    }

    private string? Happens(int what, int user)
    {
        switch (what)
        {
            case < 5:
                return Held(user, _rig.Join(user));
            case < 10:
                return Held(user, _rig.Poll(user));
            case 10:
                _rig.Leave(user);
                Forget(user, except: null);
                return null;
            case 11 or 12 when _admissions.Values.FirstOrDefault(admission => admission.User == ValveRig.User(user))
                is { Sale.Value: not null } held:
                _admissions.Remove(held.Id);
                return (what == 11 ? _rig.Complete(held) : _rig.Abandon(held)) == PlaceEnded.Ended || held.ExpiresAt <= _rig.Now
                    ? null
                    : $"{held} was not held";
            case 13 when !_rig.StoresAtOnce:
                _rig.Crash();
                return null;
            case 14 when !_rig.StoresAtOnce:
                _rig.StoreSome(user);
                return null;
            case 15 when user < 3:
                _rig.Command(user == 0 ? ValveCommand.Pause : ValveCommand.Resume);
                return null;
            default:
                _rig.Store();
                return null;
        }
    }

    private string? Held(int user, ValveAnswer answer)
    {
        if (answer.Position is { } position)
        {
            if (_positions.TryGetValue(answer.Place, out var told) && position > told)
                return $"user {user} was {told} and is {position}";
            _positions[answer.Place] = position;
        }

        if (_admissions.Values.Any(held => held.User == ValveRig.User(user) && held != answer.Admission && held.ExpiresAt > _rig.Now))
            return $"user {user} lost an admission that is still good";
        Forget(user, except: answer.Admission);
        if (answer.Admission is { } admission)
            _admissions[admission.Id] = admission;
        var good = _admissions.Values.Count(
            held => held.ExpiresAt > _rig.Now && _rig.Poll(Number(held)) is { Admission: { } still } && still == held);
        return good <= _rig.Status.InCheckout ? null : $"{good} admissions are good and {_rig.Status.InCheckout} counted";
    }

    private void Forget(int user, Admission? except)
    {
        foreach (var gone in _admissions.Values.Where(held => held.User == ValveRig.User(user) && held != except).ToList())
            _admissions.Remove(gone.Id);
    }

    private static int Number(Admission held) => Enumerable.Range(0, Users).First(user => ValveRig.User(user) == held.User);
}
