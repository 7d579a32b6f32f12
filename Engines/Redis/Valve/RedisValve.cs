using System.Collections.Concurrent;
using System.Security.Cryptography;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Valve;
using OrleansLimiter.Valve.Tokens;
using StackExchange.Redis;

namespace OrleansLimiter.Engines.Redis.Valve;

/// <summary>
/// The queue valve over Redis: the waiting line is sorted sets, every call one server-side script by the server's clock, so any number of
/// front ends share one line. What is answered is written. Four times a second each engine looks at the sales that it was asked about, so
/// that time passes though nobody asks. Never waits for a connection. Safe for many threads.
/// </summary>
internal sealed class RedisValve : IValveEngine, IDisposable
{
    // Catching up takes as many calls as there is to do. A caller who still finds the valve behind after some turns of it is told that it
    // is overloaded.
    private const int MaxAttempts = 10;
    private const int MaxSteps = 10_000;

    private static readonly TimeSpan TickPeriod = TimeSpan.FromMilliseconds(250);
    private static readonly RedisValue None = Array.Empty<byte>();

    private readonly ConcurrentDictionary<SaleId, RedisSale> _sales = [];
    private readonly RedisConnection _connection;
    private readonly Func<SaleId, DrawSeed> _seedOf;
    private readonly Func<Instant>? _clock;
    private readonly int _maxUnanswered;
    private readonly string _application;
    private readonly SeedSeal _seal;
    private readonly ITimer _ticker;
    private int _unanswered;

    /// <summary>Creates the engine, which begins to connect in the background.</summary>
    /// <param name="options">Which server, and how.</param>
    /// <param name="time">The clock, for pauses between attempts to connect and for looking at the sales: what is decided is decided by the
    /// server's own.</param>
    /// <param name="seal">Seals the seeds of draws in Redis: the same keys on every front end. Null: they stand there as they are, for a
    /// Redis that nobody else reads.</param>
    /// <exception cref="ArgumentException">A setting breaks its rule, which the message names.</exception>
    public RedisValve(RedisEngineOptions options, TimeProvider time, SeedSeal? seal = null)
        : this(options, time, null, _ => new DrawSeed(RandomNumberGenerator.GetBytes(DrawSeed.Bytes)), seal)
    {
    }

    /// <summary>As above, with a clock in place of the server's and seeds that are known: for tests.</summary>
    internal RedisValve(
        RedisEngineOptions options, TimeProvider time, Func<Instant>? clock, Func<SaleId, DrawSeed> seedOf, SeedSeal? seal = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        options.Validate();
        _clock = clock;
        _seedOf = seedOf;
        _seal = seal ?? SeedSeal.None;
        _maxUnanswered = options.MaxUnanswered;
        _application = options.Application;
        _connection = new RedisConnection(options, time, static _ => { });
        _ticker = time.CreateTimer(static valve => ((RedisValve)valve!).Tick(), this, TickPeriod, TickPeriod);
    }

    /// <summary>
    /// Told of every change of the connection, on a thread of the pool; who begins to listen after the first of them is told at once how it
    /// is. Must not block.
    /// </summary>
    public event Action<RedisConnectionState>? ConnectionChanged
    {
        add => _connection.Changed += value;
        remove => _connection.Changed -= value;
    }

    /// <summary>
    /// Told of every sale whose seed no key opens, as often as one is looked at: its draw waits for a front end that has the key. Must not
    /// block.
    /// </summary>
    public event Action<SaleId>? SeedNotOpened;

    public string Source => "redis";

    /// <summary>How the connection is now.</summary>
    public RedisConnectionState Connection => _connection.State;

    public ValueTask<ValveReply<ValveStatus>> SetUpAsync(ValveSpec spec, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(spec);
        return AskAsync(spec.Sale, Script.ValveSetUp,
            [ValveArguments.Of(spec, _seedOf(spec.Sale), _seal), .. ValveArguments.Of(spec.Rates)], static reply =>
            ValveReplyBytes.Status(reply), cancellationToken);
    }

    public ValueTask<ValveReply<ValveAnswer>> JoinAsync(SaleId sale, UserId user, CancellationToken cancellationToken) =>
        AskAsync(sale, Script.ValveAsk, [ValveArguments.Of(user), RedisNumbers.Of(1)], reply => ValveReplyBytes.Answer(reply, sale, user),
            cancellationToken);

    public ValueTask<ValveReply<ValveAnswer>> PollAsync(SaleId sale, UserId user, CancellationToken cancellationToken) =>
        AskAsync(sale, Script.ValveAsk, [ValveArguments.Of(user), RedisNumbers.Of(0)], reply => ValveReplyBytes.Answer(reply, sale, user),
            cancellationToken);

    public async ValueTask<EngineFault> KeepAsync(SaleId sale, UserId user, Wait told, CancellationToken cancellationToken) =>
        (await AskAsync(sale, Script.ValveKeep, [ValveArguments.Of(user), ValveArguments.Of(told)], static _ => true, cancellationToken)
            .ConfigureAwait(false)).Fault;

    public ValueTask<ValveReply<PlaceEnded>> LeaveAsync(SaleId sale, UserId user, CancellationToken cancellationToken) =>
        AskAsync(sale, Script.ValveEnd, [ValveArguments.Of(user), ValveArguments.Of(PlaceEnding.Left)], static reply =>
            ValveReplyBytes.Ended(reply), cancellationToken);

    public ValueTask<ValveReply<PlaceEnded>> CompleteAsync(Admission admission, CancellationToken cancellationToken) =>
        EndAsync(admission, PlaceEnding.Completed, cancellationToken);

    public ValueTask<ValveReply<PlaceEnded>> AbandonAsync(Admission admission, CancellationToken cancellationToken) =>
        EndAsync(admission, PlaceEnding.Abandoned, cancellationToken);

    public ValueTask<ValveReply<ValveStatus>> CommandAsync(SaleId sale, ValveCommand command, CancellationToken cancellationToken) =>
        AskAsync(sale, Script.ValveCommand, [ValveArguments.Of(command.Kind), .. ValveArguments.Of(command.Rates)], static reply =>
            ValveReplyBytes.Status(reply), cancellationToken);

    public ValueTask<ValveReply<ValveStatus>> StatusAsync(SaleId sale, CancellationToken cancellationToken) =>
        AskAsync(sale, Script.ValveStatus, [], static reply => ValveReplyBytes.Status(reply), cancellationToken);

    public ValueTask<ValveReply<DrawProof>> DrawAsync(SaleId sale, CancellationToken cancellationToken) =>
        AskAsync(sale, Script.ValveDraw, [], reply => ValveReplyBytes.Proof(reply, new DrawCodes(sale, _seal)), cancellationToken);

    /// <summary>Stops looking at the sales, and closes the connection.</summary>
    public void Dispose()
    {
        _ticker.Dispose();
        _connection.Dispose();
    }

    /// <summary>One step of catching up, as a front end that then crashes: for tests.</summary>
    internal Task<byte[]> StepAsync(SaleId sale, byte[]? before) =>
        StepAsync(SaleOf(sale), _connection.Link ?? throw new InvalidOperationException("There is no connection."), before);

    private ValueTask<ValveReply<PlaceEnded>> EndAsync(in Admission admission, PlaceEnding ending, CancellationToken cancellationToken) =>
        AskAsync(
            admission.Sale,
            Script.ValveEnd,
            [ValveArguments.Of(admission.User), ValveArguments.Of(ending), .. ValveArguments.Of(admission.Id)],
            static reply => ValveReplyBytes.Ended(reply),
            cancellationToken);

    private ValueTask<ValveReply<T>> AskAsync<T>(
        SaleId sale, Script script, RedisValue[] arguments, Func<byte[], T> read, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<ValveReply<T>>(cancellationToken);
        if (sale == default || _connection.Link is not { } link)
            return new(ValveReply.Failed<T>(EngineFault.Unavailable));
        if (Interlocked.Increment(ref _unanswered) > _maxUnanswered)
        {
            Interlocked.Decrement(ref _unanswered);
            return new(ValveReply.Failed<T>(EngineFault.Overloaded));
        }

        var call = CallAsync(link, SaleOf(sale), script, arguments, read);
        return new(cancellationToken.CanBeCanceled ? call.UntilAsync(cancellationToken) : call);
    }

    private async Task<ValveReply<T>> CallAsync<T>(
        RedisLink link, RedisSale sale, Script script, RedisValue[] arguments, Func<byte[], T> read)
    {
        try
        {
            for (var attempt = 0; attempt < MaxAttempts; attempt++)
            {
                var reply = await RunAsync(link, sale, script, arguments).ConfigureAwait(false);
                switch (ValveReplyBytes.KindOf(reply))
                {
                    case ValveReplyKind.Answer:
                        _sales.TryAdd(sale.Id, sale);
                        return ValveReply.Of(read(reply));
                    case ValveReplyKind.Unknown or ValveReplyKind.Damaged:
                        return ValveReply.Failed<T>(EngineFault.Unavailable);
                }

                sale = _sales.GetOrAdd(sale.Id, sale);
                await sale.CatchUpAsync(link).ConfigureAwait(false);
            }

            return ValveReply.Failed<T>(EngineFault.Overloaded);
        }
        catch (SealedSeedException)
        {
            SeedNotOpened?.Invoke(sale.Id);
            return ValveReply.Failed<T>(EngineFault.Unavailable);
        }
        catch (Exception failure) when (RedisFaults.Of(failure) is { } fault)
        {
            return ValveReply.Failed<T>(fault);
        }
        finally
        {
            Interlocked.Decrement(ref _unanswered);
        }
    }

    // A sale that nobody set up is not kept: names come from outside.
    private RedisSale SaleOf(SaleId id) =>
        _sales.TryGetValue(id, out var known) ? known : new RedisSale(id, _application, _seal, CatchUpAsync);

    private async Task<byte[]> RunAsync(RedisLink link, RedisSale sale, Script script, RedisValue[] arguments)
    {
        var now = RedisNumbers.Of(_clock?.Invoke().Microseconds ?? 0);
        return await script.RunAsync(link, sale.Keys, [now, .. arguments]).ConfigureAwait(false)
            ?? throw new InvalidOperationException("A script returned what is no reply.");
    }

    private async Task CatchUpAsync(RedisSale sale, RedisLink link)
    {
        byte[]? reply = null;
        for (var step = 0; step < MaxSteps; step++)
        {
            reply = await StepAsync(sale, link, reply).ConfigureAwait(false);
            var kind = ValveReplyBytes.KindOf(reply);
            if (kind is ValveReplyKind.Behind or ValveReplyKind.CodesMissing or ValveReplyKind.BoundCodesMissing)
                continue;

            // Nothing is left to look at.
            if (kind != ValveReplyKind.Answer || ValveReplyBytes.PhaseIn(reply) == ValvePhase.Closed)
                _sales.TryRemove(sale.Id, out _);
            return;
        }
    }

    // Gives the codes that the step before asked for, if it did, and hears which are missing.
    private Task<byte[]> StepAsync(RedisSale sale, RedisLink link, byte[]? before)
    {
        var isAsked = before is not null
            && ValveReplyBytes.KindOf(before) is ValveReplyKind.CodesMissing or ValveReplyKind.BoundCodesMissing;
        return RunAsync(link, sale, Script.ValveCodes, [isAsked ? sale.Codes.For(before) : None]);
    }

    private void Tick()
    {
        if (_connection.Link is not { } link)
            return;

        // Whoever asks is told of what goes wrong; the next look is soon.
        foreach (var (_, sale) in _sales)
            sale.CatchUpAsync(link).Forget();
    }
}
