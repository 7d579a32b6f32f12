using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Valve.Records;

namespace OrleansLimiter.Valve.Tests;

/// <summary>A machine with a clock that the test sets, and a storage that takes everything at once, or when told.</summary>
internal sealed class ValveRig
{
    public const long Second = 1_000_000;
    public const long Start = 1_795_308_217_000_000;

    private readonly List<ValveRecord> _taken = [];

    public ValveRig(ValveSpec spec, bool storesAtOnce = true, string seed = "seed")
    {
        Spec = spec;
        StoresAtOnce = storesAtOnce;
        Valve = ValveMachine.Start(spec, SeedOf(seed), new Instant(Start));
        Store();
    }

    public ValveSpec Spec { get; }

    public bool StoresAtOnce { get; set; }

    public ValveMachine Valve { get; private set; }

    public List<ValveRecord> Stored { get; } = [];

    /// <summary>Microseconds since the start.</summary>
    public long At { get; private set; }

    public Instant Now => new(Start + At);

    public ValveStatus Status
    {
        get
        {
            Settle();
            return Valve.Status(Now);
        }
    }

    /// <summary>A sale that opens so many seconds after the start and whose pre-queue is open from the start.</summary>
    public static ValveSpec Sale(int admissions = 1, int perSeconds = 1, int checkout = 1_000, int opensAfter = 0, int turn = 120,
        int maxPlaces = ValveSpec.DefaultMaxPlaces) => ValveSpec.Of(
            SaleId.Of("sale"),
            new Instant(Start),
            new Instant(Start + (opensAfter * Second)),
            ValveRates.Of(admissions, TimeSpan.FromSeconds(perSeconds), checkout),
            TimeSpan.FromSeconds(turn),
            maxPlaces);

    public static UserId User(int number) => UserId.Of(number.ToString("d8", CultureInfo.InvariantCulture));

    public static DrawSeed SeedOf(string text) => new(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    /// <summary>Lets so much time pass, looked at once a second.</summary>
    public void Pass(long microseconds)
    {
        for (var end = At + microseconds; At < end; Settle())
            At = Math.Min(end, At + Second);
    }

    public void PassSeconds(int seconds) => Pass(seconds * Second);

    /// <summary>The clock jumps, and nobody looks.</summary>
    public void Jump(long microseconds) => At += microseconds;

    public ValveAnswer Join(int user)
    {
        Settle();
        var answer = Valve.Join(User(user), Now);
        Settle();
        return answer.State == QueueState.Joining && StoresAtOnce ? Valve.Tell(User(user), Now) : answer;
    }

    public ValveAnswer Poll(int user)
    {
        Settle();
        return Valve.Poll(User(user), Now);
    }

    public PlaceEnded Leave(int user)
    {
        Settle();
        var ended = Valve.Leave(User(user), Now);
        Settle();
        return ended;
    }

    public PlaceEnded Complete(Admission admission)
    {
        Settle();
        var ended = Valve.Complete(admission.Id, admission.User, Now);
        Settle();
        return ended;
    }

    public PlaceEnded Abandon(Admission admission)
    {
        Settle();
        var ended = Valve.Abandon(admission.Id, admission.User, Now);
        Settle();
        return ended;
    }

    public void Command(ValveCommand command)
    {
        Settle();
        Valve.Command(command, Now);
        Settle();
    }

    /// <summary>Stores all there is, as often as that makes something new to store.</summary>
    public void Store()
    {
        Valve.Advance(Now);
        while (Valve.HasUnstored)
        {
            Valve.TakeRecords(_taken);
            Stored.AddRange(_taken);
            _taken.Clear();
            Valve.Stored(Valve.LastRecord, Now);
        }
    }

    /// <summary>Stores so many of the oldest records, and no more.</summary>
    public void StoreSome(int count)
    {
        Valve.TakeRecords(_taken);
        var taken = _taken.Take(count).ToList();
        _taken.RemoveRange(0, taken.Count);
        Stored.AddRange(taken);
        if (taken.Count > 0)
            Valve.Stored(taken[^1].Number, Now);
    }

    /// <summary>Loses what is not stored, and comes back.</summary>
    public void Crash(IEnumerable<ValveRecord>? snapshot = null)
    {
        _taken.Clear();
        Valve = ValveMachine.TryRestore(Spec, snapshot ?? [], Stored, Now, out var valve)
            ? valve
            : throw new InvalidOperationException("Not to be restored.");
    }

    private void Settle()
    {
        Valve.Advance(Now);
        if (StoresAtOnce)
            Store();
    }
}
