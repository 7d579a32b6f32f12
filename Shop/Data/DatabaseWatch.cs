using System.Collections.Concurrent;
using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Npgsql;

namespace OrleansLimiter.Shop.Data;

/// <summary>
/// Knows whether PostgreSQL answers. Once it did not, one asks at a time and the others fail at once: else each request would wait as long
/// as the first, in vain, and a server that comes back would find all of them. Safe for use by many threads.
/// </summary>
internal sealed class DatabaseWatch : IDisposable
{
    private static readonly TimeSpan LookPeriod = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Unusual = TimeSpan.FromSeconds(1); // for a command: most take milliseconds
    private static readonly TimeSpan LongestTry = TimeSpan.FromSeconds(10); // longer than a connect, a command and its cancellation take

    private readonly ConcurrentDictionary<Guid, long> _underWay = [];
    private readonly TimeProvider _time = TimeProvider.System; // the client's time-outs know no other
    private readonly Lock _gate = new();
    private readonly ITimer _looks;
    private bool _isAway;
    private long? _triedAt;
    private long _answeredAt;
    private int _threadsAdded;

    public DatabaseWatch()
    {
        _looks = _time.CreateTimer(_ => Look(), null, LookPeriod, LookPeriod);
        Commands = new CommandInterceptor(this);
        Connections = new ConnectionInterceptor(this);
        Transactions = new TransactionInterceptor(this);
    }

    /// <summary>Whether it did not answer when it was asked last.</summary>
    public bool IsAway => Volatile.Read(ref _isAway);

    public IInterceptor Commands { get; }

    public IInterceptor Connections { get; }

    public IInterceptor Transactions { get; }

    public void Dispose()
    {
        _looks.Dispose();
        lock (_gate)
            AddThreads(0);
    }

    /// <summary>Lets one through that has something to ask.</summary>
    /// <exception cref="DatabaseAwayException">Another asks already whether the database is back.</exception>
    private void Enter()
    {
        if (!IsAway)
            return;
        lock (_gate)
        {
            if (!_isAway)
                return;
            if (_triedAt is { } began && _time.GetElapsedTime(began) < LongestTry)
                throw new DatabaseAwayException();
            _triedAt = _time.GetTimestamp();
        }
    }

    private void Answered()
    {
        Volatile.Write(ref _answeredAt, _time.GetTimestamp());
        if (IsAway)
            Set(isAway: false);
    }

    private void Failed(Exception failure, TimeSpan took)
    {
        // What the server itself said, it has answered; and one that was not asked has not failed anew. Nor is a server away that has
        // answered others meanwhile: this one waited in vain for one of the connections, or for what another transaction has locked.
        var cause = DatabaseFailure.CauseOf(failure);
        if (cause is PostgresException)
            Answered();
        else if (cause is NpgsqlException { IsTransient: true } && _time.GetElapsedTime(Volatile.Read(ref _answeredAt)) < took)
            GivenUp();
        else if (cause is NpgsqlException { IsTransient: true })
            Set(isAway: true);
    }

    private void Set(bool isAway)
    {
        lock (_gate)
            (_isAway, _triedAt) = (isAway, null);
    }

    /// <summary>
    /// The client cancels a command that has timed out, or whose caller has gone, on a connection of its own and blocks a thread meanwhile:
    /// with a server that is silent for as long as a connect may take. As many threads as may be blocked are added in time, so that
    /// requests which need no database find others.
    /// </summary>
    private void Look()
    {
        lock (_gate)
            AddThreads(_underWay.Values.Any(began => _time.GetElapsedTime(began) > Unusual) ? _underWay.Count : 0);
    }

    private void AddThreads(int threads)
    {
        if (threads == _threadsAdded || (threads > 0 && threads < _threadsAdded))
            return;
        ThreadPool.GetMinThreads(out var workers, out var ports);
        if (ThreadPool.SetMinThreads(Math.Max(1, workers + threads - _threadsAdded), ports))
            _threadsAdded = threads;
    }

    /// <summary>Who asked knows no more than before: another may ask.</summary>
    private void GivenUp()
    {
        lock (_gate)
            _triedAt = null;
    }

    private void Begun(Guid command) => _underWay[command] = _time.GetTimestamp();

    private void Ended(Guid command) => _underWay.TryRemove(command, out _);

    private sealed class ConnectionInterceptor(DatabaseWatch watch) : DbConnectionInterceptor
    {
        public override ValueTask<InterceptionResult> ConnectionOpeningAsync(
            DbConnection connection, ConnectionEventData eventData, InterceptionResult result,
                CancellationToken cancellationToken = default)
        {
            watch.Enter();
            return new(result);
        }

        public override Task ConnectionFailedAsync(
            DbConnection connection, ConnectionErrorEventData eventData, CancellationToken cancellationToken = default)
        {
            watch.Failed(eventData.Exception, eventData.Duration);
            return Task.CompletedTask;
        }
    }

    private sealed class CommandInterceptor(DatabaseWatch watch) : DbCommandInterceptor
    {
        public override ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(
            DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result,
                CancellationToken cancellationToken = default)
        {
            watch.Begun(eventData.CommandId);
            return new(result);
        }

        public override ValueTask<InterceptionResult<int>> NonQueryExecutingAsync(
            DbCommand command, CommandEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default)
        {
            watch.Begun(eventData.CommandId);
            return new(result);
        }

        public override ValueTask<DbDataReader> ReaderExecutedAsync(
            DbCommand command, CommandExecutedEventData eventData, DbDataReader result, CancellationToken cancellationToken = default)
        {
            watch.Ended(eventData.CommandId);
            watch.Answered();
            return new(result);
        }

        public override ValueTask<int> NonQueryExecutedAsync(
            DbCommand command, CommandExecutedEventData eventData, int result, CancellationToken cancellationToken = default)
        {
            watch.Ended(eventData.CommandId);
            watch.Answered();
            return new(result);
        }

        public override Task CommandFailedAsync(
            DbCommand command, CommandErrorEventData eventData, CancellationToken cancellationToken = default)
        {
            watch.Ended(eventData.CommandId);
            watch.Failed(eventData.Exception, eventData.Duration);
            return Task.CompletedTask;
        }

        public override Task CommandCanceledAsync(
            DbCommand command, CommandEndEventData eventData, CancellationToken cancellationToken = default)
        {
            watch.Ended(eventData.CommandId);
            watch.GivenUp();
            return Task.CompletedTask;
        }
    }

    private sealed class TransactionInterceptor(DatabaseWatch watch) : DbTransactionInterceptor
    {
        public override Task TransactionFailedAsync(
            DbTransaction transaction, TransactionErrorEventData eventData, CancellationToken cancellationToken = default)
        {
            watch.Failed(eventData.Exception, eventData.Duration);
            return Task.CompletedTask;
        }
    }
}
