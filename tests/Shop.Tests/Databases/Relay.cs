using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using OrleansLimiter.TestKit.Processes;

namespace OrleansLimiter.Shop.Tests.Databases;

/// <summary>A port of loopback behind which another one is, until it is cut or falls silent. Safe for use by many threads.</summary>
internal sealed class Relay : IDisposable
{
    private readonly int _target;
    private readonly ConcurrentBag<Socket> _open = [];
    private TcpListener _listener = new(IPAddress.Loopback, Ports.Next()); // not one that the system gives to others while this is cut
    private volatile TaskCompletionSource? _silence;

    /// <summary>Opens it.</summary>
    public Relay(int target)
    {
        _target = target;
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _ = AcceptAsync(_listener);
    }

    /// <summary>The port.</summary>
    public int Port { get; }

    /// <summary>Ends all connections and takes no new ones.</summary>
    public void Cut()
    {
        _listener.Stop();
        while (_open.TryTake(out var socket))
            socket.Dispose();
    }

    /// <summary>Takes everything, new connections too, and passes nothing on, until <see cref="Speak"/>.</summary>
    public void FallSilent() => _silence = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Passes on what came meanwhile, and whatever comes.</summary>
    public void Speak()
    {
        var silence = _silence;
        _silence = null;
        silence?.TrySetResult();
    }

    /// <summary>Takes connections again, on the same port.</summary>
    public void Mend()
    {
        _listener = new TcpListener(IPAddress.Loopback, Port);
        _listener.Start();
        _ = AcceptAsync(_listener);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        Cut();
        Speak();
    }

    private async Task AcceptAsync(TcpListener listener)
    {
        try
        {
            while (true)
            {
                var near = await listener.AcceptSocketAsync();
                var far = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                _open.Add(near);
                _open.Add(far);
                await far.ConnectAsync(IPAddress.Loopback, _target);
                _ = CopyAsync(near, far);
                _ = CopyAsync(far, near);
            }
        }
        catch (Exception ended) when (ended is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // Cut.
        }
    }

    private async Task CopyAsync(Socket from, Socket to)
    {
        var buffer = new byte[16 * 1024];
        try
        {
            for (int read; (read = await from.ReceiveAsync(buffer)) > 0;)
            {
                if (_silence is { } silence)
                    await silence.Task;
                await to.SendAsync(buffer.AsMemory(0, read));
            }

            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception ended) when (ended is SocketException or ObjectDisposedException)
        {
            // Cut.
        }
    }
}
