using System.Net.Sockets;

namespace OrleansLimiter.Engines.Orleans.Connecting;

/// <summary>
/// The sockets of one client of Redis, so that they can be closed under it: it then connects anew, to whatever server its address means by
/// then. Safe for many threads.
/// </summary>
internal sealed class RedisSockets
{
    private readonly Lock _gate = new();
    private readonly List<Socket> _open = [];

    /// <summary>Learns of a socket that the client is about to connect.</summary>
    public void Add(Socket socket)
    {
        lock (_gate)
        {
            _open.RemoveAll(static earlier => earlier.SafeHandle.IsClosed);
            _open.Add(socket);
        }
    }

    /// <summary>Closes those that the client has not closed itself.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _open.ForEach(static socket => socket.Dispose());
            _open.Clear();
        }
    }
}
