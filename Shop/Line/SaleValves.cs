using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Hosting.Caching;
using OrleansLimiter.Logging;
using OrleansLimiter.Shop.Data;
using OrleansLimiter.Shop.Metrics;
using OrleansLimiter.Shop.Sales;
using OrleansLimiter.Shop.Settings;
using OrleansLimiter.Valve;

namespace OrleansLimiter.Shop.Line;

/// <summary>
/// The valves of the sales: every sale has one, set up when it is first asked for, and told by whoever asks next that all is sold or that
/// the sale is over. What cannot be answered in time is a fault, and a fault lets nobody through. Safe for use by many threads.
/// </summary>
internal sealed partial class SaleValves(
    ValveSettings settings, TimeProvider time, ILogger<SaleValves> logger, IValveEngine engine, ShopMetrics metrics)
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(1);

    private readonly LogPacer _oddities = new(time);
    private readonly RecentTable<Guid, KnownSaleState> _told = new(KnownSales.MostKept);

    /// <summary>How many sales it is kept in mind of what their valves were told.</summary>
    public int Kept => _told.Count;

    /// <summary>What answers carry as their source.</summary>
    public string Source => engine.Source;

    /// <summary>The name of a sale's valve.</summary>
    public static SaleId NameOf(Sale sale) => SaleId.Of(sale.Id.ToString());

    /// <summary>The name of the valve of an order's sale.</summary>
    public static SaleId NameOf(Order order) => SaleId.Of(order.SaleId.ToString());

    /// <summary>The name of a user in a line.</summary>
    public static UserId NameOf(Guid user) => UserId.Of(user.ToString());

    /// <summary>Asks a sale's valve.</summary>
    /// <param name="sale">The sale.</param>
    /// <param name="ask">What to ask.</param>
    /// <returns>Its answer, or why there is none.</returns>
    public async ValueTask<ValveReply<T>> AskAsync<T>(
        Sale sale, Func<IValveEngine, SaleId, CancellationToken, ValueTask<ValveReply<T>>> ask)
    {
        using var deadline = new CancellationTokenSource(Deadline, time);
        try
        {
            var told = _told.GetOrAdd(sale.Id, static _ => new KnownSaleState());
            var fault = await PrepareAsync(sale, told, deadline.Token);
            if (fault.Kind != EngineFaultKind.None)
                return metrics.Noted(sale.Id, ValveReply.Failed<T>(fault));
            var reply = metrics.Noted(sale.Id, await ask(engine, NameOf(sale), deadline.Token));
            if (reply.IsFault)
                told.IsSetUp = false; // it may be that the engine has lost the sale
            return reply;
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            return metrics.Noted(sale.Id, ValveReply.Failed<T>(EngineFault.DeadlineExceeded));
        }
        catch (Exception thrown)
        {
            // A client library's odd exception must not become a failed request, as for limits.
            if (_oddities.IsDue(out var count))
                LogThrown(logger, count, thrown);
            return metrics.Noted(sale.Id, ValveReply.Failed<T>(EngineFault.Unavailable));
        }
    }

    /// <summary>
    /// Ends an admission with which nothing can be bought any more. That nobody can be told so changes nothing but how long its slot stays
    /// taken.
    /// </summary>
    /// <param name="admission">The admission.</param>
    /// <param name="end">How it ended.</param>
    public async ValueTask EndAsync(Admission admission, TurnEnd end)
    {
        try
        {
            using var deadline = new CancellationTokenSource(Deadline, time);
            var reply = end == TurnEnd.Used
                ? await engine.CompleteAsync(admission, deadline.Token)
                : await engine.AbandonAsync(admission, deadline.Token);
            if (reply.IsFault)
                LogStays(logger, admission.Sale.Value, null);
        }
        catch (Exception failure)
        {
            LogStays(logger, admission.Sale.Value, failure);
        }
    }

    /// <summary>
    /// Keeps a user's place in a sale alive, if there is one, whom a limit has told to wait. Where that fails the place lives as long as it
    /// would have.
    /// </summary>
    /// <param name="user">The user.</param>
    /// <param name="sale">A sale that there is; this front end need not have asked its valve before.</param>
    /// <param name="told">How long the user was told to wait.</param>
    public async ValueTask KeepAsync(Guid user, Guid sale, Wait told)
    {
        var isKnown = _told.TryGet(sale, out var known);
        if (known is { IsOver: true })
            return;
        try
        {
            using var deadline = new CancellationTokenSource(Deadline, time);
            var fault = await engine.KeepAsync(SaleId.Of(sale.ToString()), NameOf(user), told, deadline.Token);
            if (fault.Kind != EngineFaultKind.None && isKnown)
                LogNotKept(logger, null);
        }
        catch (Exception failure)
        {
            LogNotKept(logger, failure);
        }
    }

    /// <summary>Tells the engine what it must know before anything is asked.</summary>
    private async ValueTask<EngineFault> PrepareAsync(Sale sale, KnownSaleState told, CancellationToken cancellation)
    {
        if (!told.IsSetUp)
        {
            var setUp = await engine.SetUpAsync(SpecOf(sale), cancellation);
            if (setUp.IsFault)
                return setUp.Fault;
            told.IsSetUp = true;
        }

        // Each once: an operator may take back that all is sold.
        switch (SalePhase.Of(sale, Now()))
        {
            case SalePhase.Closed when !told.IsOver:
                var closed = await engine.CommandAsync(NameOf(sale), ValveCommand.Close, cancellation);
                told.IsOver = !closed.IsFault;
                return closed.Fault;
            case SalePhase.SoldOut when !told.IsSoldOut:
                var soldOut = await engine.CommandAsync(NameOf(sale), ValveCommand.SoldOut, cancellation);
                told.IsSoldOut = !soldOut.IsFault;
                return soldOut.Fault;
            default:
                return default;
        }
    }

    private ValveSpec SpecOf(Sale sale)
    {
        var preQueueAt = new Instant(Math.Max(0, sale.OpensAt.Microseconds - (long)settings.PreQueue.TotalMicroseconds));
        return ValveSpec.Of(NameOf(sale), preQueueAt, sale.OpensAt, settings.Rates, settings.AcceptWithin);
    }

    private Instant Now() => Instant.From(time.GetUtcNow());

    [LoggerMessage(EventId = 3, EventName = "ValveThrew", Level = LogLevel.Error,
        Message = "The valve's engine threw {Count} times since the last such line: its callers are answered that it is unavailable.")]
    private static partial void LogThrown(ILogger logger, long count, Exception failure);

    [LoggerMessage(EventId = 1, EventName = "SlotStays", Level = LogLevel.Warning,
        Message = "The valve of the sale {Sale} could not be told of a purchase or that a turn ended: "
            + "the slot in checkout stays taken until the turn expires.")]
    private static partial void LogStays(ILogger logger, string sale, Exception? failure);

    [LoggerMessage(EventId = 2, EventName = "PlacesNotKept", Level = LogLevel.Warning,
        Message = "The place of a caller whom a limit refused could not be kept alive.")]
    private static partial void LogNotKept(ILogger logger, Exception? failure);

    /// <summary>What a sale's valve was told. Written by many threads; telling it twice does no harm.</summary>
    private sealed class KnownSaleState
    {
        private volatile bool _isSetUp;
        private volatile bool _isSoldOut;
        private volatile bool _isOver;

        public bool IsSetUp
        {
            get => _isSetUp;
            set => _isSetUp = value;
        }

        public bool IsSoldOut
        {
            get => _isSoldOut;
            set => _isSoldOut = value;
        }

        public bool IsOver
        {
            get => _isOver;
            set => _isOver = value;
        }
    }
}
