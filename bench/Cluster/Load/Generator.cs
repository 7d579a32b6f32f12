using OrleansLimiter.ClusterBench.Http;

namespace OrleansLimiter.ClusterBench.Load;

/// <summary>
/// Sends each request when it is due, whether or not earlier ones were answered: one thread that waits for the next due time and
/// for its sockets, in one system call. A request that finds all connections taken waits in line, which counts.
/// </summary>
internal sealed class Generator : IDisposable
{
    private const int OpenedAhead = 32;
    private const int WarmUpKeys = 100;
    private const long LookForLateEvery = 50_000;

    private readonly Schedule _schedule;
    private readonly long _timeout;
    private readonly int _cost;
    private readonly Pool[] _pools;
    private readonly byte[][][] _requests; // by target, by key; the warm-up's keys follow the measured ones
    private readonly int[] _keys;
    private readonly Outcome[] _outcomes;
    private readonly long[] _sent;
    private readonly Readiness _readiness = new();
    private readonly Action<Connection> _onReady;
    private Clock _clock = null!;
    private int _done;

    public Generator(LoadOptions options, Schedule schedule)
    {
        _schedule = schedule;
        _onReady = OnReady;
        _timeout = options.TimeoutSeconds * 1_000_000L;
        _cost = options.Cost;
        var random = new Random(options.Seed);
        _keys = new int[schedule.Count];
        for (var i = 0; i < _keys.Length; i++)
            _keys[i] = i < schedule.WarmUp ? options.Keys + (i % WarmUpKeys) : random.Next(options.Keys);
        _outcomes = new Outcome[schedule.Count];
        _sent = new long[schedule.Count];
        var targets = Array.ConvertAll(options.Urls, url => new Target(url, options.ApiKey));
        foreach (var target in targets)
            target.MustAnswer(options.Policy, options.KeyPrefix + "probe");
        _requests = Array.ConvertAll(targets, target => Enumerable.Range(0, options.Keys + WarmUpKeys)
            .Select(key => target.Charge(options.Policy, options.KeyPrefix + key, options.Cost)).ToArray());
        _pools = Array.ConvertAll(targets, target => new Pool(target, Math.Max(1, options.Connections / targets.Length)));
        foreach (var pool in _pools)
            pool.Open(OpenedAhead);
    }

    public int ConnectionsOpened => _pools.Sum(pool => pool.Opened);

    /// <summary>The most requests that waited for a connection at once.</summary>
    public int MostWaiting { get; private set; }

    /// <summary>Runs the schedule to its end; gives the outcomes of its measured part. Takes at most the time limit longer.</summary>
    /// <param name="clock">Starts with the measured part.</param>
    /// <param name="measuringBegins">Called once, when the measured part begins.</param>
    public ReadOnlySpan<Outcome> Run(Clock clock, Action measuringBegins)
    {
        _clock = clock;
        var next = 0;
        var lookForLate = clock.Now;
        var warm = false;
        while (_done < _schedule.Count)
        {
            var now = clock.Now;
            if (!warm && now >= 0)
            {
                warm = true;
                measuringBegins();
            }

            foreach (var pool in _pools)
                StartWaiting(pool);
            for (; next < _schedule.Count && _schedule.Due(next) <= now; next++)
                Dispatch(next);
            if (now >= lookForLate)
            {
                GiveUpLate(now);
                lookForLate = now + LookForLateEvery;
            }

            var until = next < _schedule.Count ? Math.Min(_schedule.Due(next), lookForLate) : lookForLate;
            _readiness.Wait(Math.Max(0, until - clock.Now), _onReady);
        }

        return _outcomes.AsSpan(_schedule.WarmUp);
    }

    public void Dispose()
    {
        foreach (var pool in _pools)
            pool.Dispose();
    }

    private Pool PoolOf(int request) => _pools[request % _pools.Length];

    private void Dispatch(int request)
    {
        var pool = PoolOf(request);
        if (pool.Waiting == 0 && pool.Take() is { } connection)
            Start(connection, request);
        else
        {
            pool.Enqueue(request);
            MostWaiting = Math.Max(MostWaiting, pool.Waiting);
        }
    }

    private void Start(Connection connection, int request)
    {
        connection.Request = request;
        _sent[request] = _clock.Now;
        if (connection.IsUsable)
            Send(connection);
        else if (!connection.Connect(wait: false))
            Finish(connection, Failure.NotConnected);
        else if (connection.IsConnecting)
            _readiness.Add(connection, toWrite: true);
        else
            Send(connection);
    }

    private void Send(Connection connection)
    {
        var request = connection.Request;
        if (connection.Send(_requests[request % _pools.Length][_keys[request]]))
            _readiness.Add(connection, toWrite: false);
        else
            Finish(connection, Failure.Reset);
    }

    private void OnReady(Connection connection)
    {
        if (connection.IsConnecting)
        {
            _readiness.Remove(connection);
            if (connection.EndConnect())
                Send(connection);
            else
                Finish(connection, Failure.NotConnected);
        }
        else if (connection.Receive() is { } failure)
        {
            _readiness.Remove(connection);
            Finish(connection, failure);
        }
    }

    private void StartWaiting(Pool pool)
    {
        while (pool.Waiting > 0 && pool.Take() is { } connection)
        {
            pool.TryDequeue(out var request);
            Start(connection, request);
        }
    }

    /// <summary>Writes down what became of the connection's request, and gives the connection back.</summary>
    private void Finish(Connection connection, Failure failure)
    {
        var request = connection.Request;
        connection.Request = -1;
        Record(request, failure, connection.Response);
        if (failure != Failure.None || connection.Response.MustClose)
            connection.Dispose();
        PoolOf(request).GiveBack(connection);
    }

    private void Record(int request, Failure failure, ResponseReader? response)
    {
        var answered = failure == Failure.None;
        _outcomes[request] = new Outcome(_schedule.Due(request), _sent[request], _clock.Now, _keys[request],
            answered ? (short)response!.Status : (short)0, failure, answered ? response!.Source : AnswerSource.None,
            answered && response!.Allowed ? _cost : 0);
        _done++;
    }

    private void GiveUpLate(long now)
    {
        bool IsOver(int request) => now - _schedule.Due(request) >= _timeout;
        for (var i = _readiness.Count - 1; i >= 0; i--)
        {
            var connection = _readiness.Waiting[i];
            if (!IsOver(connection.Request))
                continue;
            _readiness.Remove(connection);
            Finish(connection, connection.IsConnecting ? Failure.NotConnected : Failure.TimedOut);
        }

        foreach (var pool in _pools)
        {
            while (pool.TryDequeue(IsOver, out var request))
            {
                _sent[request] = _schedule.Due(request);
                Record(request, Failure.NeverSent, null);
            }
        }
    }
}
