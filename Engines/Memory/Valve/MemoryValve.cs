using System.Collections.Concurrent;
using System.Security.Cryptography;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Valve;

namespace OrleansLimiter.Engines.Memory.Valve;

/// <summary>
/// The valves of one process: for a service of one front end, since another would not know of its places, and lost with the process.
/// Answers at once and allocates nothing for a poll. Safe for many threads.
/// </summary>
internal sealed class MemoryValve : IValveEngine, IDisposable
{
    /// <summary>How many closed sales are kept, for their draws' proofs; then the one that was closed first is forgotten.</summary>
    public const int MostClosed = 1_000;

    private static readonly TimeSpan TickPeriod = TimeSpan.FromMilliseconds(250);

    private readonly ConcurrentDictionary<SaleId, MemorySale> _sales = [];
    private readonly Queue<SaleId> _closed = [];
    private readonly Lock _setUp = new();
    private readonly ValveClock _clock;
    private readonly Func<SaleId, DrawSeed> _seedOf;
    private readonly ITimer _ticker;

    /// <summary>Creates an engine without sales, whose draws nobody can foresee.</summary>
    /// <param name="time">The clock: the opening and admissions go by its wall, all that lasts by its timestamp. Its timer looks at every
    /// sale four times a second.</param>
    public MemoryValve(TimeProvider time)
        : this(time, _ => new DrawSeed(RandomNumberGenerator.GetBytes(DrawSeed.Bytes)))
    {
    }

    /// <summary>Creates an engine without sales.</summary>
    /// <param name="time">The clock.</param>
    /// <param name="seedOf">Makes a sale's seed, once: 256 bits that nobody can guess, but in tests.</param>
    public MemoryValve(TimeProvider time, Func<SaleId, DrawSeed> seedOf)
    {
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(seedOf);
        _clock = new ValveClock(time);
        _seedOf = seedOf;
        _ticker = time.CreateTimer(static valve => ((MemoryValve)valve!).Tick(), this, TickPeriod, TickPeriod);
    }

    public string Source => "memory";

    public ValueTask<ValveReply<ValveStatus>> SetUpAsync(ValveSpec spec, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(spec);
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<ValveReply<ValveStatus>>(cancellationToken);
        lock (_setUp)
        {
            if (!_sales.ContainsKey(spec.Sale))
                _sales[spec.Sale] = new MemorySale(spec, _seedOf(spec.Sale), _clock);
        }

        return StatusAsync(spec.Sale, cancellationToken);
    }

    public ValueTask<ValveReply<ValveAnswer>> JoinAsync(SaleId sale, UserId user, CancellationToken cancellationToken) =>
        Ask(sale, user, static (valve, user) => valve.Join(user), cancellationToken);

    public ValueTask<ValveReply<ValveAnswer>> PollAsync(SaleId sale, UserId user, CancellationToken cancellationToken) =>
        Ask(sale, user, static (valve, user) => valve.Poll(user), cancellationToken);

    public ValueTask<EngineFault> KeepAsync(SaleId sale, UserId user, Wait told, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<EngineFault>(cancellationToken);
        if (!_sales.TryGetValue(sale, out var valve))
            return new(EngineFault.Unavailable);
        valve.Keep(user, told);
        return new(default(EngineFault));
    }

    public ValueTask<ValveReply<PlaceEnded>> LeaveAsync(SaleId sale, UserId user, CancellationToken cancellationToken) =>
        Ask(sale, user, static (valve, user) => valve.Leave(user), cancellationToken);

    public ValueTask<ValveReply<PlaceEnded>> CompleteAsync(Admission admission, CancellationToken cancellationToken) =>
        Ask(admission.Sale, admission, static (valve, admission) => valve.Complete(admission), cancellationToken);

    public ValueTask<ValveReply<PlaceEnded>> AbandonAsync(Admission admission, CancellationToken cancellationToken) =>
        Ask(admission.Sale, admission, static (valve, admission) => valve.Abandon(admission), cancellationToken);

    public ValueTask<ValveReply<ValveStatus>> CommandAsync(SaleId sale, ValveCommand command, CancellationToken cancellationToken)
    {
        var reply = Ask(sale, command, static (valve, command) => valve.Command(command), cancellationToken);
        if (command.Kind == ValveCommandKind.Close && !cancellationToken.IsCancellationRequested)
            ForgetOldest(sale);
        return reply;
    }

    public ValueTask<ValveReply<ValveStatus>> StatusAsync(SaleId sale, CancellationToken cancellationToken) =>
        Ask(sale, 0, static (valve, _) => valve.Status(), cancellationToken);

    public ValueTask<ValveReply<DrawProof>> DrawAsync(SaleId sale, CancellationToken cancellationToken) =>
        Ask(sale, 0, static (valve, _) => valve.Draw(), cancellationToken);

    public void Dispose() => _ticker.Dispose();

    private ValueTask<ValveReply<TAnswer>> Ask<TArgument, TAnswer>(
        SaleId sale, TArgument argument, Func<MemorySale, TArgument, TAnswer> ask, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<ValveReply<TAnswer>>(cancellationToken);
        return ValueTask.FromResult(_sales.TryGetValue(sale, out var valve)
            ? ValveReply.Of(ask(valve, argument))
            : ValveReply.Failed<TAnswer>(EngineFault.Unavailable));
    }

    private void ForgetOldest(SaleId closed)
    {
        lock (_setUp)
        {
            if (!_sales.ContainsKey(closed) || _closed.Contains(closed))
                return;
            _closed.Enqueue(closed);
            if (_closed.Count > MostClosed)
                _sales.TryRemove(_closed.Dequeue(), out _);
        }
    }

    private void Tick()
    {
        foreach (var (_, sale) in _sales)
            sale.Tick();
    }
}
