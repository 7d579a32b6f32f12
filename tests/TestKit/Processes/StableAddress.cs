using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace OrleansLimiter.TestKit.Processes;

/// <summary>
/// An address that stays while the server behind it is another, as a name or a balancer's address does: new connections go to the server
/// that is set; those that are open stay where they are.
/// </summary>
internal sealed class StableAddress : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentBag<TcpClient> _open = [];
    private readonly Task _accepting;
    private volatile int _port;

    /// <summary>Takes connections to a server.</summary>
    /// <param name="server">The server's port.</param>
    public StableAddress(int server)
    {
        _port = server;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>How many connections were made.</summary>
    public int Connections => _open.Count / 2;

    /// <summary>The address' own port.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Sends new connections to another server.</summary>
    /// <param name="server">The server's port.</param>
    public void MoveTo(int server) => _port = server;

    /// <summary>Closes all connections.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        foreach (var client in _open)
            client.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token));
        }
        catch (Exception ended) when (ended is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        var server = new TcpClient { NoDelay = true };
        client.NoDelay = true;
        _open.Add(client);
        _open.Add(server);
        try
        {
            await server.ConnectAsync(IPAddress.Loopback, _port, _stop.Token);
            await Task.WhenAny(client.GetStream().CopyToAsync(server.GetStream(), _stop.Token), server.GetStream()
                .CopyToAsync(client.GetStream(), _stop.Token));
        }
        catch (Exception ended) when (ended is OperationCanceledException or SocketException or IOException or InvalidOperationException)
        {
            // Either side has gone.
        }
        finally
        {
            client.Dispose();
            server.Dispose();
        }
    }
}
