using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Core.Ports;
using OrleansLimiter.Core.Valve;
using StackExchange.Redis;

namespace OrleansLimiter.Engines.Redis;

/// <summary>
/// The queue valve over Redis: the waiting line is sorted sets, every call one server-side script by the server's clock, so any number of front ends
/// share one line. What is answered is written. Four times a second each engine looks at the sales that it was asked about, so that time passes though nobody
/// asks. Never waits for a connection. Safe for many threads.
/// </summary>
public sealed class RedisValve : IValveEngine, IDisposable
{
    // Catching up takes as many calls as there is to do. A caller who still finds the valve behind after some turns of it is told that it is overloaded.
    private const int MaxAttempts = 10;
    private const int MaxRounds = 10_000;
    private const int StaticLength = 72;
    private const int UserLength = 16;

    private static readonly TimeSpan TickPeriod = TimeSpan.FromMilliseconds(250);
    private static readonly RedisValue None = Array.Empty<byte>();

    private readonly ConcurrentDictionary<SaleId, RedisSale> _sales = [];
    private readonly RedisConnection _connection;
    private readonly Func<SaleId, DrawSeed> _seedOf;
    private readonly Func<Instant>? _clock;
    private readonly int _maxUnanswered;
    private readonly ITimer _ticker;
    private int _unanswered;

    /// <summary>Creates the engine, which begins to connect in the background.</summary>
    /// <param name="options">Which server, and how.</param>
    /// <param name="time">The clock, for pauses between attempts to connect and for looking at the sales: what is decided is decided by the server's own.</param>
    /// <exception cref="ArgumentException">A setting breaks its rule, which the message names.</exception>
    public RedisValve(RedisEngineOptions options, TimeProvider time)
        : this(options, time, null, _ => new DrawSeed(RandomNumberGenerator.GetBytes(DrawSeed.Bytes)))
    {
    }

    /// <summary>As above, with a clock in place of the server's and seeds that are known: for tests.</summary>
    internal RedisValve(RedisEngineOptions options, TimeProvider time, Func<Instant>? clock, Func<SaleId, DrawSeed> seedOf)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        options.Validate();
        _clock = clock;
        _seedOf = seedOf;
        _maxUnanswered = options.MaxUnanswered;
        _connection = new RedisConnection(options, time, state => ConnectionChanged?.Invoke(state));
        _ticker = time.CreateTimer(static valve => ((RedisValve)valve!).Tick(), this, TickPeriod, TickPeriod);
    }

    /// <summary>Told of every change of the connection, on a thread of the pool. Must not block.</summary>
    public event Action<RedisConnectionState>? ConnectionChanged;

    /// <inheritdoc />
    public string Source => "redis";

    /// <summary>How the connection is now.</summary>
    public RedisConnectionState Connection => _connection.State;

    /// <inheritdoc />
    public ValueTask<ValveReply<ValveStatus>> SetUpAsync(ValveSpec spec, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(spec);
        return AskAsync(spec.Sale, Script.ValveSetUp, [StaticOf(spec), .. NumbersOf(spec.Rates)], static reply => ValveReplyBytes.Status(reply), cancellationToken);
    }

    /// <inheritdoc />
    public ValueTask<ValveReply<ValveAnswer>> JoinAsync(SaleId sale, UserId user, CancellationToken cancellationToken) =>
        AskAsync(sale, Script.ValveAsk, [BytesOf(user), RedisNumbers.Of(1)], reply => ValveReplyBytes.Answer(reply, sale, user), cancellationToken);

    /// <inheritdoc />
    public ValueTask<ValveReply<ValveAnswer>> PollAsync(SaleId sale, UserId user, CancellationToken cancellationToken) =>
        AskAsync(sale, Script.ValveAsk, [BytesOf(user), RedisNumbers.Of(0)], reply => ValveReplyBytes.Answer(reply, sale, user), cancellationToken);

    /// <inheritdoc />
    public ValueTask<ValveReply<PlaceEnded>> LeaveAsync(SaleId sale, UserId user, CancellationToken cancellationToken) =>
        AskAsync(sale, Script.ValveEnd, [BytesOf(user), NumberOf(PlaceEnding.Left)], static reply => ValveReplyBytes.Ended(reply), cancellationToken);

    /// <inheritdoc />
    public ValueTask<ValveReply<PlaceEnded>> CompleteAsync(Admission admission, CancellationToken cancellationToken) =>
        EndAsync(admission, PlaceEnding.Completed, cancellationToken);

    /// <inheritdoc />
    public ValueTask<ValveReply<PlaceEnded>> AbandonAsync(Admission admission, CancellationToken cancellationToken) =>
        EndAsync(admission, PlaceEnding.Abandoned, cancellationToken);

    /// <inheritdoc />
    public ValueTask<ValveReply<ValveStatus>> CommandAsync(SaleId sale, ValveCommand command, CancellationToken cancellationToken) =>
        AskAsync(sale, Script.ValveCommand, [NumberOf(command.Kind), .. NumbersOf(command.Rates)], static reply => ValveReplyBytes.Status(reply), cancellationToken);

    /// <inheritdoc />
    public ValueTask<ValveReply<ValveStatus>> StatusAsync(SaleId sale, CancellationToken cancellationToken) =>
        AskAsync(sale, Script.ValveStatus, [], static reply => ValveReplyBytes.Status(reply), cancellationToken);

    /// <inheritdoc />
    public ValueTask<ValveReply<DrawProof>> DrawAsync(SaleId sale, CancellationToken cancellationToken) =>
        AskAsync(sale, Script.ValveDraw, [], static reply => ValveReplyBytes.Proof(reply), cancellationToken);

    /// <summary>Stops looking at the sales, and closes the connection.</summary>
    public void Dispose()
    {
        _ticker.Dispose();
        _connection.Dispose();
    }

    /// <summary>One call of <see cref="CatchUpAsync"/>: gives the codes that were asked for, if any were, and hears which are missing.</summary>
    internal async Task<byte[]> StepAsync(SaleId sale, byte[]? asked)
    {
        RedisValue codes = asked is not null && ValveReplyBytes.KindOf(asked) == ValveReplyKind.CodesMissing ? DrawCodes.For(asked) : None;
        return await RunAsync(SaleOf(sale), Script.ValveCodes, [codes]).ConfigureAwait(false);
    }

    private static RedisValue BytesOf(UserId user)
    {
        var bytes = new byte[UserLength];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, user.High);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(sizeof(ulong)), user.Low);
        return bytes;
    }

    private static RedisValue BytesOf(ulong bits)
    {
        var bytes = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, bits);
        return bytes;
    }

    private static IEnumerable<RedisValue> NumbersOf(ValveRates rates) =>
        ((ReadOnlySpan<long>)[rates.Admissions, rates.WindowMicroseconds, rates.Checkout]).ToArray().Select(RedisNumbers.Of);

    // Written out, so that none moves by accident.
    private static RedisValue NumberOf(PlaceEnding ending) => RedisNumbers.Of(ending switch
    {
        PlaceEnding.Left => 3,
        PlaceEnding.Completed => 6,
        _ => 7,
    });

    private static RedisValue NumberOf(ValveCommandKind kind) => RedisNumbers.Of(kind switch
    {
        ValveCommandKind.Pause => 0,
        ValveCommandKind.Resume => 1,
        ValveCommandKind.SetRates => 2,
        ValveCommandKind.SoldOut => 3,
        _ => 4,
    });

    private RedisValue StaticOf(ValveSpec spec)
    {
        var seed = _seedOf(spec.Sale);
        var bytes = new byte[StaticLength];
        BinaryPrimitives.WriteDoubleLittleEndian(bytes, spec.PreQueueAt.Microseconds);
        BinaryPrimitives.WriteDoubleLittleEndian(bytes.AsSpan(8), spec.OpensAt.Microseconds);
        BinaryPrimitives.WriteDoubleLittleEndian(bytes.AsSpan(16), spec.AcceptWithin.Ticks / TimeSpan.TicksPerMicrosecond);
        BinaryPrimitives.WriteDoubleLittleEndian(bytes.AsSpan(24), spec.MaxPlaces);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(32), seed.AdmissionBits());
        seed.Span.CopyTo(bytes.AsSpan(40));
        return bytes;
    }

    private ValueTask<ValveReply<PlaceEnded>> EndAsync(in Admission admission, PlaceEnding ending, CancellationToken cancellationToken) => AskAsync(
        admission.Sale,
        Script.ValveEnd,
        [BytesOf(admission.User), NumberOf(ending), BytesOf(admission.Id.Valve), RedisNumbers.Of(admission.Id.Place)],
        static reply => ValveReplyBytes.Ended(reply),
        cancellationToken);

    private ValueTask<ValveReply<T>> AskAsync<T>(SaleId sale, Script script, RedisValue[] arguments, Func<byte[], T> read, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<ValveReply<T>>(cancellationToken);
        if (sale == default || !_connection.State.IsConnected)
            return new(ValveReply.Failed<T>(EngineFault.Unavailable));
        if (Interlocked.Increment(ref _unanswered) > _maxUnanswered)
        {
            Interlocked.Decrement(ref _unanswered);
            return new(ValveReply.Failed<T>(EngineFault.Overloaded));
        }

        var call = CallAsync(SaleOf(sale), sale, script, arguments, read);
        return new(cancellationToken.CanBeCanceled ? call.UntilAsync(cancellationToken) : call);
    }

    private async Task<ValveReply<T>> CallAsync<T>(RedisSale sale, SaleId id, Script script, RedisValue[] arguments, Func<byte[], T> read)
    {
        try
        {
            for (var attempt = 0; attempt < MaxAttempts; attempt++)
            {
                var reply = await RunAsync(sale, script, arguments).ConfigureAwait(false);
                switch (ValveReplyBytes.KindOf(reply))
                {
                    case ValveReplyKind.Answer:
                        _sales.TryAdd(id, sale);
                        return ValveReply.Of(read(reply));
                    case ValveReplyKind.Unknown or ValveReplyKind.Damaged:
                        return ValveReply.Failed<T>(EngineFault.Unavailable);
                }

                _sales.TryAdd(id, sale);
                await SaleOf(id).CatchUpAsync().ConfigureAwait(false);
            }

            return ValveReply.Failed<T>(EngineFault.Overloaded);
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
    private RedisSale SaleOf(SaleId id) => _sales.TryGetValue(id, out var known) ? known : new RedisSale(id, CatchUpAsync);

    private async Task<byte[]> RunAsync(RedisSale sale, Script script, RedisValue[] arguments)
    {
        if (_connection.Database is not { } database)
            throw new ObjectDisposedException(nameof(RedisConnection), "There is no connection.");
        return (byte[]?)await script.RunAsync(database, sale.Keys, [RedisNumbers.Of(_clock?.Invoke().Microseconds ?? 0), .. arguments]).ConfigureAwait(false)
            ?? throw new InvalidOperationException("A script returned what is no reply.");
    }

    private async Task CatchUpAsync(SaleId sale)
    {
        byte[]? reply = null;
        for (var round = 0; round < MaxRounds; round++)
        {
            reply = await StepAsync(sale, reply).ConfigureAwait(false);
            var kind = ValveReplyBytes.KindOf(reply);
            if (kind is ValveReplyKind.Behind or ValveReplyKind.CodesMissing)
                continue;
            if (kind != ValveReplyKind.Answer || ValveReplyBytes.PhaseIn(reply) == ValvePhase.Closed)
                _sales.TryRemove(sale, out _);
            return;
        }

    }

    private void Tick()
    {
        if (!_connection.State.IsConnected)
            return;

        // Whoever asks is told of what goes wrong; the next look is soon.
        foreach (var (_, sale) in _sales)
            sale.CatchUpAsync().Forget();
    }
}
