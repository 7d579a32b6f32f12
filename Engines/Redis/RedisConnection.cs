using StackExchange.Redis;

namespace OrleansLimiter.Engines.Redis;

/// <summary>
/// The one multiplexed connection, made in the background: whoever starts waits for nothing, and there is none to ask until the
/// server answers. The client library restores it by itself when it is lost. Safe for many threads.
/// </summary>
internal sealed class RedisConnection : IDisposable
{
    private const int ConnectMilliseconds = 1_000;
    private const int KeepAliveSeconds = 5;
    private const int ReconnectMilliseconds = 250;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _closed = new();
    private readonly RedisEngineOptions _options;
    private readonly TimeProvider _time;
    private readonly Action<RedisConnectionState> _changed;
    private readonly Lock _gate = new();
    private volatile Link? _link;
    private volatile RedisConnectionState _state = RedisConnectionState.NotYet;
    private RedisConnectionState _told = RedisConnectionState.NotYet;

    /// <summary>Begins to connect.</summary>
    /// <param name="options">Which server, checked before.</param>
    /// <param name="time">The clock, for pauses between attempts.</param>
    /// <param name="changed">Told of every change, on a thread of the pool; must not block.</param>
    public RedisConnection(RedisEngineOptions options, TimeProvider time, Action<RedisConnectionState> changed)
    {
        _options = options;
        _time = time;
        _changed = changed;
        var configuration = ConfigurationOf(options);
        _ = ConnectAsync(configuration);
    }

    /// <summary>How the connection is.</summary>
    public RedisConnectionState State => _link is { Multiplexer.IsConnected: true } ? RedisConnectionState.Good : _state;

    /// <summary>The database to ask; null while no server is connected.</summary>
    public IDatabase? Database => _link is { Multiplexer.IsConnected: true } link ? link.Database : null;

    /// <summary>Which shard owns a key.</summary>
    public ClusterMap? Shards => _link?.Shards;

    /// <summary>Closes the connection.</summary>
    public void Dispose()
    {
        ConnectionMultiplexer? multiplexer;
        lock (_gate)
        {
            if (_closed.IsCancellationRequested)
                return;
            _closed.Cancel();
            multiplexer = _link?.Multiplexer;
            _link = null;
        }

        multiplexer?.Dispose();
    }

    private static ConfigurationOptions ConfigurationOf(RedisEngineOptions options)
    {
        var configuration = new ConfigurationOptions
        {
            User = string.IsNullOrEmpty(options.User) ? null : options.User,
            Password = string.IsNullOrEmpty(options.Password) ? null : options.Password,
            Ssl = options.Ssl,
            DefaultDatabase = options.Database,
            ClientName = "orleanslimiter",
            AbortOnConnectFail = false,
            BacklogPolicy = BacklogPolicy.FailFast, // a caller without a connection falls back at once: it does not queue for one
            ConnectTimeout = ConnectMilliseconds,
            SyncTimeout = ConnectMilliseconds,
            AsyncTimeout = ConnectMilliseconds,
            KeepAlive = KeepAliveSeconds,
            ReconnectRetryPolicy = new LinearRetry(ReconnectMilliseconds),
        };
        foreach (var endPoint in options.EndPoints)
            configuration.EndPoints.Add(endPoint);
        return configuration;
    }

    private async Task ConnectAsync(ConfigurationOptions configuration)
    {
        while (!_closed.IsCancellationRequested)
        {
            try
            {
                Take(await ConnectionMultiplexer.ConnectAsync(configuration).ConfigureAwait(false));
                return;
            }
            catch (Exception failure) when (failure is RedisException or TimeoutException or ArgumentException or System.Net.Sockets.SocketException)
            {
                // Such as a name that does not resolve yet.
                await LookAsync().ConfigureAwait(false);
            }

            await Task.Delay(Pause, _time, _closed.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Take(ConnectionMultiplexer multiplexer)
    {
        var link = new Link(multiplexer, multiplexer.GetDatabase(), new ClusterMap(multiplexer));
        multiplexer.ConnectionFailed += (_, _) => _ = LookAsync();
        multiplexer.ConnectionRestored += (_, _) =>
        {
            link.Shards.Forget();
            Tell();
        };
        multiplexer.ConfigurationChanged += (_, _) => link.Shards.Forget();
        multiplexer.HashSlotMoved += (_, _) => link.Shards.Forget();
        lock (_gate)
        {
            if (!_closed.IsCancellationRequested)
            {
                _link = link;
                multiplexer = null!;
            }
        }

        if (multiplexer is not null)
        {
            multiplexer.Dispose();
            return;
        }

        _ = LookAsync();
    }

    /// <summary>Finds out what is wrong, if the client has no connection, and tells of it.</summary>
    private async Task LookAsync()
    {
        if (_link is not { Multiplexer.IsConnected: true })
            _state = new RedisConnectionState(false, await RedisProbe.FindAsync(_options, _time).ConfigureAwait(false) ?? _state.Problem);
        Tell();
    }

    private void Tell()
    {
        var state = State;
        lock (_gate)
        {
            if (_told == state || _closed.IsCancellationRequested)
                return;
            _told = state;
        }

        _changed(state);
    }

    private sealed record Link(ConnectionMultiplexer Multiplexer, IDatabase Database, ClusterMap Shards);
}
