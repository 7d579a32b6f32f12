using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace OrleansLimiter.Engines.Orleans.Connecting;

/// <summary>
/// Makes the clients by which Orleans' own parts ask Redis, and has them leave a server whose place another has taken. Behind a name that
/// stays the old server may be demoted while connections to it stay open: it then answers what it knows and refuses to be written to.
/// Orleans keeps the client that it was given; so its sockets are closed under it, and it connects anew, by name, again and again until
/// what answers may be written to. Runs in the host whose clients they are. Safe for many threads.
/// </summary>
/// <param name="time">The clock of the looks.</param>
/// <param name="standing">Told what may become of what the server holds.</param>
/// <param name="logger">Where leaving and finding is told, and that the server may lose what it holds.</param>
internal sealed partial class RedisClients(TimeProvider time, RedisHealth standing, ILogger<RedisClients> logger) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    // While there is nobody to write to, what can be read is read in between.
    private static readonly TimeSpan PeriodWhileLeaving = TimeSpan.FromSeconds(4);

    private static readonly TimeSpan BetweenLooksForRisk = TimeSpan.FromSeconds(10);

    // No key is made: nothing is written behind the end of nothing.
    private static readonly RedisKey Probed = "orleanslimiter";

    private readonly ConcurrentDictionary<ConnectionMultiplexer, RedisSockets> _clients = new(ReferenceEqualityComparer.Instance);
    private bool _isLeaving;
    private long? _lookedForRisk;

    /// <summary>Makes a client, which belongs to whoever asked for it.</summary>
    /// <param name="options">Which server.</param>
    /// <returns>The client.</returns>
    /// <exception cref="RedisException">There is no connection, where the options do not say that it may come later.</exception>
    public async Task<IConnectionMultiplexer> ConnectAsync(ConfigurationOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var sockets = new RedisSockets();
        var own = options.Clone();
        own.AllowAdmin = true; // the library counts INFO among what only administrators may ask
        own.BeforeSocketConnect = (_, _, socket) => sockets.Add(socket);
        var client = await ConnectionMultiplexer.ConnectAsync(own);
        _clients[client] = sockets;
        return client;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            await Task.Delay(_isLeaving ? PeriodWhileLeaving : Period, time, stoppingToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (stoppingToken.IsCancellationRequested)
                return;
            Tell(await Task.WhenAll(_clients.Select(client => LookAsync(client.Key, client.Value))));
            if (_clients.Keys.FirstOrDefault(client => client.IsConnected) is { } connected
                && !(_lookedForRisk is { } last && time.GetElapsedTime(last) < BetweenLooksForRisk))
            {
                _lookedForRisk = time.GetTimestamp();
                if (await RedisEviction.RiskAsync(connected) is (true, var risk))
                    TellRisk(risk);
            }
        }
    }

    private void TellRisk(string? risk)
    {
        if (risk is not null && risk != standing.Risk)
            LogRisk(logger, risk);
        standing.Risk = risk;
    }

    private void Tell(RedisErrorKind?[] seen)
    {
        if (!_isLeaving && Array.Find(seen, kind => kind is not (null or RedisErrorKind.None)) is { } demotion)
        {
            _isLeaving = true;
            LogLeaving(logger, demotion);
        }
        else if (_isLeaving && Array.TrueForAll(seen, kind => kind is RedisErrorKind.None))
        {
            _isLeaving = false;
            LogFound(logger);
        }
    }

    /// <summary>
    /// Asks a client's server for a write that changes nothing, and closes the connections where it is not the one to write to.
    /// </summary>
    /// <returns>Why the server cannot be written to; <see cref="RedisErrorKind.None"/> where it can; null where it does not say.</returns>
    [SuppressMessage("Design", "CA1031:Do not catch general exception types",
        Justification = "Whatever the client library throws, the next look is soon.")]
    private async Task<RedisErrorKind?> LookAsync(ConnectionMultiplexer client, RedisSockets sockets)
    {
        try
        {
            await client.GetDatabase().StringSetRangeAsync(Probed, 0, RedisValue.EmptyString, CommandFlags.DemandMaster);
            return RedisErrorKind.None;
        }
        catch (ObjectDisposedException)
        {
            _clients.TryRemove(client, out _);
            return RedisErrorKind.None;
        }
        catch (Exception thrown)
        {
            var kind = KindOf(client, thrown);
            if (kind is not (null or RedisErrorKind.None))
                sockets.Close();
            return kind;
        }
    }

    private static RedisErrorKind? KindOf(ConnectionMultiplexer client, Exception thrown) => thrown switch
    {
        RedisServerException
        {
            Kind: RedisErrorKind.ReadOnly or RedisErrorKind.Loading or RedisErrorKind.MasterDown or RedisErrorKind.ClusterDown
                or RedisErrorKind.NoReplicas
        } refused => refused.Kind,

        // One that is full, or does not allow us this key, is nevertheless the right one.
        RedisServerException => RedisErrorKind.None,
        TimeoutException => null,

        // The client that has heard that its server is a replica does not ask it any more.
        _ => HasReplicasOnly(client) ? RedisErrorKind.ReadOnly : null,
    };

    [SuppressMessage("Design", "CA1031:Do not catch general exception types",
        Justification = "A client that is closed throws what it likes.")]
    private static bool HasReplicasOnly(ConnectionMultiplexer client)
    {
        try
        {
            return client.IsConnected && !client.GetServers().Any(server => server is { IsConnected: true, IsReplica: false });
        }
        catch (Exception)
        {
            return false;
        }
    }

    [LoggerMessage(1, LogLevel.Warning,
        "Redis of the list of silos or of the snapshots cannot be written to ({Kind}), as if another had taken its place: it is connected "
        + "to anew until it can")]
    private static partial void LogLeaving(ILogger logger, RedisErrorKind kind);

    [LoggerMessage(2, LogLevel.Information, "Redis of the list of silos and of the snapshots can be written to again")]
    private static partial void LogFound(ILogger logger);

    [LoggerMessage(3, LogLevel.Warning, "Redis of the list of silos and of the snapshots may lose what it holds: {Risk}")]
    private static partial void LogRisk(ILogger logger, string risk);
}
