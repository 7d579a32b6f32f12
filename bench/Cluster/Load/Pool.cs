using OrleansLimiter.ClusterBench.Http;

namespace OrleansLimiter.ClusterBench.Load;

/// <summary>At most so many connections to one target, and the requests that wait for one. One thread's.</summary>
internal sealed class Pool(Target target, int most) : IDisposable
{
    // The last one given back is taken first: few are in use at once, and their memory is warm.
    private readonly Stack<Connection> _idle = [];
    private readonly Queue<int> _waiting = [];
    private readonly List<Connection> _all = [];

    public int Opened => _all.Count;

    public int Waiting => _waiting.Count;

    /// <summary>Opens some connections before they are needed.</summary>
    public void Open(int count)
    {
        for (var i = 0; i < Math.Min(count, most); i++)
        {
            var connection = new Connection(target);
            if (!connection.Connect(wait: true))
                throw new UsageException($"{target.EndPoint} cannot be connected to.");
            _all.Add(connection);
            _idle.Push(connection);
        }
    }

    /// <summary>A connection, perhaps not a usable one; null if all are taken.</summary>
    public Connection? Take()
    {
        if (_idle.TryPop(out var connection))
            return connection;
        if (_all.Count == most)
            return null;
        connection = new Connection(target);
        _all.Add(connection);
        return connection;
    }

    public void GiveBack(Connection connection) => _idle.Push(connection);

    public void Enqueue(int request) => _waiting.Enqueue(request);

    public bool TryDequeue(out int request) => _waiting.TryDequeue(out request);

    /// <summary>Takes the longest waiting request out if <paramref name="isOver"/> says that it has waited too long.</summary>
    public bool TryDequeue(Func<int, bool> isOver, out int request) =>
        _waiting.TryPeek(out request) && isOver(request) && _waiting.TryDequeue(out request);

    public void Dispose()
    {
        foreach (var connection in _all)
            connection.Dispose();
    }
}
