using System.Diagnostics.CodeAnalysis;
using OrleansLimiter.Core.Limits;
using StackExchange.Redis;

namespace OrleansLimiter.Engines.Redis;

/// <summary>
/// The one multiplexed connection, made in the background: whoever starts waits for nothing, and there is none to ask until the server
/// answers. The client library restores it by itself when it is lost; beside that it is connected to anew every second, which says why it
/// is lost. So is a server that answers, but as one whose place another has taken: its name is resolved again, until what answers there may
/// be written to. Safe for many threads.
/// </summary>
internal sealed class RedisConnection : IDisposable
{
    private const int KeepAliveSeconds = 5;
    private const int ReconnectMilliseconds = 250;

    private static readonly TimeSpan BetweenAttempts = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan BetweenAttemptsToLeave = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _closed = new();
    private readonly RedisEngineOptions _options;
    private readonly ConfigurationOptions _configuration;
    private readonly TimeProvider _time;
    private readonly Action<RedisConnectionState> _changed;
    private readonly Lock _gate = new();
    private readonly Lock _telling = new();
    private readonly RefusalWatch _refusals;
    private readonly RedisKey _probed;
    private volatile RedisLink? _link;
    private volatile string? _demotion;
    private volatile string? _problem;
    private volatile string? _risk;
    private int _renewing;
    private RedisConnectionState _told = RedisConnectionState.NotYet;
    private Action<RedisConnectionState>? _listeners;

    /// <summary>Begins to connect.</summary>
    /// <param name="options">Which server, checked before.</param>
    /// <param name="time">The clock, for pauses between attempts.</param>
    /// <param name="changed">The owner, told as listeners are; must not block.</param>
    public RedisConnection(RedisEngineOptions options, TimeProvider time, Action<RedisConnectionState> changed)
    {
        _options = options;
        _time = time;
        _changed = changed;
        _configuration = ConfigurationOf(options);
        _probed = $"{ApplicationName.BeginningOf(options.Application)}l{{orleanslimiter}}";
        _refusals = new RefusalWatch(ProbeAsync, Tell, time, _closed.Token);
        _ = RunAsync();
    }

    /// <summary>
    /// Told of every change, one after the other, on a thread of the pool, before the owner is. Who begins to listen after the first one
    /// is told at once how it is. Must not block.
    /// </summary>
    public event Action<RedisConnectionState>? Changed
    {
        add
        {
            lock (_telling)
            {
                _listeners += value;
                if (_told != RedisConnectionState.NotYet)
                    value?.Invoke(_told);
            }
        }

        remove
        {
            lock (_telling)
                _listeners -= value;
        }
    }

    public RedisConnectionState State => _demotion is { } demotion ? new(false, demotion)
        : _link is { IsConnected: true } link
            ? link.Unsupported is { } server
                ? new(false, ConnectionProblem.Unsupported(_options, server))
                : RedisConnectionState.Good(_risk, _refusals.Words)
        : _problem is { } problem ? new(false, problem) : RedisConnectionState.NotYet;

    /// <summary>
    /// What to ask; null while there is nobody who could decide. Of a Redis Cluster one shard may be demoted, and the others decide on.
    /// </summary>
    public RedisLink? Link =>
        _link is { IsConnected: true, Unsupported: null } link && (_demotion is null || link.Shards.IsSplit) ? link : null;

    /// <summary>Which shard owns a key.</summary>
    public ClusterMap? Shards => _link?.Shards;

    public void Dispose()
    {
        RedisLink? link;
        lock (_gate)
        {
            if (_closed.IsCancellationRequested)
                return;
            _closed.Cancel();
            link = _link;
            _link = null;
        }

        link?.Close();
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
            AllowAdmin = true, // the library counts INFO among what only administrators may ask
            BacklogPolicy = BacklogPolicy.FailFast, // a caller without a connection falls back at once: it does not queue for one
            ConnectTimeout = (int)options.ConnectPatience.TotalMilliseconds,
            SyncTimeout = (int)options.AnswerPatience.TotalMilliseconds,
            AsyncTimeout = (int)options.AnswerPatience.TotalMilliseconds,
            KeepAlive = KeepAliveSeconds,
            ReconnectRetryPolicy = new LinearRetry(ReconnectMilliseconds),
        };
        foreach (var endPoint in options.EndPoints)
            configuration.EndPoints.Add(endPoint);
        return configuration;
    }

    /// <summary>
    /// Connects, and then looks now and then at what nobody tells: whether the server may be written to, and throws keys away.
    /// </summary>
    private async Task RunAsync()
    {
        while (!_closed.IsCancellationRequested && !Take(await ConnectAsync(null).ConfigureAwait(false), null))
            await WaitAsync(BetweenAttempts).ConfigureAwait(false);
        if (_link is { IsConnected: false } first)
            Explain(null, (await ServerProbe.AskAsync(first).ConfigureAwait(false)).Thrown);
        while (!_closed.IsCancellationRequested)
        {
            await LookAsync().ConfigureAwait(false);
            await WaitAsync(BetweenLooks).ConfigureAwait(false);
        }
    }

    private async Task WaitAsync(TimeSpan time) =>
        await Task.Delay(time, _time, _closed.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    /// <summary>
    /// Makes a client, which connects itself for as long as there is none to connect to; null where none can be made, and why is told then.
    /// </summary>
    [SuppressMessage("Design", "CA1031:Do not catch general exception types",
        Justification = "Whatever a client library throws, there is no connection, and the next attempt is soon.")]
    private async Task<RedisLink?> ConnectAsync(RedisLink? before)
    {
        try
        {
            var multiplexer = await ConnectionMultiplexer.ConnectAsync(_configuration).ConfigureAwait(false);
            var link = new RedisLink(multiplexer, _options, before, Note);
            multiplexer.ConnectionFailed += (_, _) => LookAt(link);
            multiplexer.ConnectionRestored += (_, _) => LookAt(link);
            multiplexer.ConfigurationChanged += (_, _) => link.ForgetServers();
            multiplexer.HashSlotMoved += (_, _) => link.Shards.Forget();
            return link;
        }
        catch (Exception failure)
        {
            _problem = ConnectionProblem.Of(_options, failure);
            Tell();
            return null;
        }
    }

    /// <summary>Puts a link in the place of another, or of none.</summary>
    private bool Take(RedisLink? link, RedisLink? before)
    {
        if (link is null)
            return false;
        lock (_gate)
        {
            if (_closed.IsCancellationRequested)
            {
                link.Close();
                return true;
            }

            _link = link;
        }

        if (before is not null)
            _ = CloseLaterAsync(before);
        return true;
    }

    /// <summary>
    /// Closes a link that another has replaced once nobody can be about to ask it any more: a call on a closed one would fail for no
    /// reason.
    /// </summary>
    private async Task CloseLaterAsync(RedisLink link)
    {
        await WaitAsync(BetweenAttempts).ConfigureAwait(false);
        link.Close();
    }

    /// <summary>Something became of a link.</summary>
    private void LookAt(RedisLink link)
    {
        link.ForgetServers();
        if (ReferenceEquals(link, _link))
            _ = LookAsync();
    }

    /// <summary>Hears of a failed call.</summary>
    private void Note(RedisLink link, Exception thrown)
    {
        if (!ReferenceEquals(link, _link))
            return;
        if (ServerProbe.DemotionOf(link, thrown) is { } demotion)
            Renew(link, demotion);
        else if (thrown is RedisServerException error && RedisFaults.RefusalIn(error.Message) is { } words)
            _refusals.Hear(ConnectionProblem.Answers(_options, words));
    }

    private Task<bool> ProbeAsync() => _link is { IsConnected: true } link ? ServerProbe.ProbeAsync(link, _probed) : Task.FromResult(false);

    private async Task LookAsync()
    {
        if (_link is not { } link)
            return;
        link.ForgetServers();
        if (link is { IsConnected: true, Unsupported: not null })
        {
            Tell();
            return;
        }

        var answer = await ServerProbe.AskAsync(link).ConfigureAwait(false);
        if (answer.Demotion is not null || !link.IsConnected)
        {
            Renew(link, answer.Demotion);
            return;
        }

        _risk = await ServerProbe.RiskAsync(link).ConfigureAwait(false);
        await ServerProbe.ProbeAsync(link, _probed).ConfigureAwait(false);
        Tell();
    }

    private void Renew(RedisLink link, string? demotion)
    {
        if (Interlocked.Exchange(ref _renewing, 1) == 0)
            _ = RenewAsync(link, demotion);
    }

    /// <summary>Connects anew, again and again, until a server is found that can decide, or the link has found its own again.</summary>
    private async Task RenewAsync(RedisLink link, string? demotion)
    {
        if (demotion is not null)
        {
            _demotion = ConnectionProblem.Answers(_options, demotion);
            Tell();
        }

        while (!_closed.IsCancellationRequested)
        {
            var fresh = await ConnectAsync(link).ConfigureAwait(false);
            var answer = fresh is null ? default : await ServerProbe.AskAsync(fresh).ConfigureAwait(false);
            if (link.IsConnected && (await ServerProbe.AskAsync(link).ConfigureAwait(false)).IsGood)
            {
                fresh?.Close();
                break;
            }

            if (answer.IsGood)
            {
                Take(fresh, link);
                break;
            }

            fresh?.Close();
            if (fresh is not null)
                Explain(answer.Demotion, answer.Thrown);
            await WaitAsync(_demotion is null ? BetweenAttempts : BetweenAttemptsToLeave).ConfigureAwait(false);
        }

        _demotion = null;
        Volatile.Write(ref _renewing, 0);
        await LookAsync().ConfigureAwait(false);
    }

    private void Explain(string? demotion, Exception? thrown)
    {
        _problem = demotion is null ? ConnectionProblem.Of(_options, thrown) : ConnectionProblem.Answers(_options, demotion);
        if (_demotion is not null)
            _demotion = _problem;
        Tell();
    }

    private void Tell()
    {
        lock (_telling)
        {
            var state = State;
            if (_told == state || _closed.IsCancellationRequested)
                return;
            _told = state;
            _listeners?.Invoke(state);
            _changed(state);
        }
    }
}
