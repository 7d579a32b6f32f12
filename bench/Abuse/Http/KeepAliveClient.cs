using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace OrleansLimiter.AbuseBench.Http;

/// <summary>One HTTP/1.1 connection that is kept, and that sends nothing twice: a request that was sent and not answered is lost. One thread.</summary>
internal sealed class KeepAliveClient(int port) : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _buffer = new byte[16 * 1024];

    /// <summary>Whether the server has said that this connection ends.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Connects.</summary>
    public Task ConnectAsync(CancellationToken cancellation) => _socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), cancellation).AsTask();

    /// <summary>Sends a GET and reads the answer.</summary>
    /// <returns>The status; 0: the request is lost.</returns>
    public async Task<int> GetAsync(string path, CancellationToken cancellation)
    {
        try
        {
            await _socket.SendAsync(Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"), SocketFlags.None, cancellation);
            return await ReadAsync(cancellation);
        }
        catch (SocketException)
        {
            return 0;
        }
    }

    /// <inheritdoc />
    public void Dispose() => _socket.Dispose();

    private async Task<int> ReadAsync(CancellationToken cancellation)
    {
        for (var length = 0; ;)
        {
            var read = await _socket.ReceiveAsync(_buffer.AsMemory(length), SocketFlags.None, cancellation);
            if (read == 0)
                return 0;
            length += read;
            var text = Encoding.Latin1.GetString(_buffer, 0, length);
            var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (end < 0 || length < end + 4 + BodyLength(text[..end]))
                continue;
            IsOver = text[..end].Contains("\r\nConnection: close", StringComparison.OrdinalIgnoreCase);
            return int.Parse(text.AsSpan(9, 3), CultureInfo.InvariantCulture);
        }
    }

    private static int BodyLength(string head)
    {
        const string Name = "\r\nContent-Length: ";
        var start = head.IndexOf(Name, StringComparison.OrdinalIgnoreCase);
        return start < 0 ? 0 : int.Parse(head[(start + Name.Length)..].Split('\r')[0], CultureInfo.InvariantCulture);
    }
}
