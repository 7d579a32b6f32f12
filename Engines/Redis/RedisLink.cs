using System.Diagnostics.CodeAnalysis;
using StackExchange.Redis;

namespace OrleansLimiter.Engines.Redis;

/// <summary>
/// One client of the library's, which is connected or connects itself again: the only place where the library is called for a decision.
/// Safe for many threads.
/// </summary>
internal sealed class RedisLink
{
    private readonly ConnectionMultiplexer _multiplexer;
    private readonly Action<RedisLink, Exception> _failed;
    private readonly bool _asksAnyServer;
    private volatile bool _isExamined;
    private volatile string? _unsupported;

    /// <param name="multiplexer">The library's connection.</param>
    /// <param name="options">Which database.</param>
    /// <param name="before">The link that this one takes the place of; null for the first.</param>
    /// <param name="failed">Told of every exception of a call. Must not block.</param>
    public RedisLink(ConnectionMultiplexer multiplexer, RedisEngineOptions options, RedisLink? before, Action<RedisLink, Exception> failed)
    {
        _multiplexer = multiplexer;
        _failed = failed;
        _asksAnyServer = options.AsksAnyServer;
        var database = multiplexer.GetDatabase();
        Database = options.Decorate?.Invoke(database) ?? database;
        Shards = new ClusterMap(multiplexer, before?.Shards);
    }

    public IDatabase Database { get; }

    /// <summary>Which shard owns a key.</summary>
    public ClusterMap Shards { get; }

    /// <summary>Whether a server is connected.</summary>
    public bool IsConnected => _multiplexer.IsConnected;

    /// <summary>
    /// Whether servers are connected, and the client has heard of all that they are replicas: it does not ask them for a decision any more.
    /// </summary>
    public bool HasReplicasOnly
    {
        [SuppressMessage("Design", "CA1031:Do not catch general exception types",
            Justification = "A client that is closed throws what it likes.")]
        get
        {
            try
            {
                return IsConnected && !Masters.Any();
            }
            catch (Exception)
            {
                return false;
            }
        }
    }

    /// <summary>The servers that may be written to, as the client last heard.</summary>
    public IEnumerable<IServer> Masters => _multiplexer.GetServers().Where(server => server is { IsConnected: true, IsReplica: false });

    /// <summary>What a call ended with, told to the connection.</summary>
    public RedisCallException Failed(Exception thrown)
    {
        _failed(this, thrown);
        return new RedisCallException(RedisFaults.OfClient(thrown), thrown);
    }

    /// <summary>
    /// The server among those connected on which limits do not hold, by name and version; null if there is none. Kept from the first time
    /// that it is asked while they are connected, until they are forgotten.
    /// </summary>
    public string? Unsupported
    {
        get
        {
            if (_isExamined)
                return _unsupported;
            _unsupported = _asksAnyServer ? null : UnsupportedServer.NameIn(Masters);
            _isExamined = true;
            return _unsupported;
        }
    }

    /// <summary>The servers that are connected, or their slots, may be others.</summary>
    public void ForgetServers()
    {
        _isExamined = false;
        Shards.Forget();
    }

    /// <summary>Closes it, after what is under way: nobody waits for that.</summary>
    public void Close() => _multiplexer.CloseAsync().Forget();
}
