using System.Net;
using System.Net.Sockets;
using System.Text;

namespace OrleansLimiter.AbuseBench.Http;

/// <summary>Connections that are held open: mute, in the middle of a header, or in the middle of a body. One thread.</summary>
internal sealed class IdleFlood : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private static readonly byte[] Unread = new byte[1024]; // what is read of an answer, which nobody looks at

    private readonly List<Socket> _sockets = [];

    /// <summary>How many were made.</summary>
    public int Count => _sockets.Count;

    /// <summary>How many the service has ended by now.</summary>
    public int Ended => _sockets.Count(HasEnded);

    /// <summary>Opens connections.</summary>
    /// <param name="port">The service's port.</param>
    /// <param name="count">How many; those that are refused count too.</param>
    /// <param name="first">What each sends at once; empty: nothing.</param>
    /// <param name="cancellation">Ends it early.</param>
    public async Task OpenAsync(int port, int count, string first, CancellationToken cancellation)
    {
        var bytes = Encoding.Latin1.GetBytes(first);
        for (var i = 0; i < count; i++)
            _sockets.Add(await OpenAsync(port, bytes, cancellation));
    }

    /// <summary>Opens another connection in place of each that the service has ended.</summary>
    /// <returns>How many.</returns>
    public async Task<int> RefillAsync(int port, CancellationToken cancellation)
    {
        var opened = 0;
        for (var i = 0; i < _sockets.Count; i++)
        {
            if (!HasEnded(_sockets[i]))
                continue;
            _sockets[i].Dispose();
            _sockets[i] = await OpenAsync(port, [], cancellation);
            opened++;
        }

        return opened;
    }

    /// <summary>Sends a byte on every connection that takes it.</summary>
    public void Drip()
    {
        foreach (var socket in _sockets.Where(socket => socket.Connected))
        {
            try
            {
                socket.Send("x"u8, SocketFlags.None);
            }
            catch (SocketException)
            {
                // The service has ended it.
            }
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (var socket in _sockets)
            socket.Dispose();
    }

    private static async Task<Socket> OpenAsync(int port, byte[] first, CancellationToken cancellation)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(Patience);
        try
        {
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), patience.Token);
            if (first.Length > 0)
                await socket.SendAsync(first, SocketFlags.None, patience.Token);
        }
        catch (Exception failure) when (
            failure is SocketException || (failure is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            // Refused, or nobody takes it: the flood goes on.
        }

        return socket;
    }

    private static bool HasEnded(Socket socket)
    {
        if (!socket.Connected)
            return true;
        try
        {
            while (socket.Poll(0, SelectMode.SelectRead))
            {
                if (socket.Receive(Unread, SocketFlags.None) == 0)
                    return true;
            }

            return false;
        }
        catch (SocketException)
        {
            return true;
        }
    }
}
