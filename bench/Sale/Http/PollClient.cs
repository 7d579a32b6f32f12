using System.Net;
using System.Net.Sockets;
using System.Text;

namespace OrleansLimiter.SaleBench.Http;

/// <summary>
/// One connection that sends ready-made requests, one after the other, and looks no closer at an answer than it must, so that most of the
/// machine is left to the server. Reads answers that have a Content-Length. Not for several threads.
/// </summary>
internal sealed class PollClient : IDisposable
{
    private static readonly byte[] EndOfHead = "\r\n\r\n"u8.ToArray();
    private static readonly byte[] LengthField = "\r\nContent-Length: "u8.ToArray();

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _buffer = new byte[16 * 1024];
    private int _length;

    /// <summary>The answer that was read last, as text.</summary>
    public string LastAnswer => Encoding.UTF8.GetString(_buffer, 0, _length);

    /// <summary>Connects.</summary>
    public static async Task<PollClient> ConnectAsync(Uri url, CancellationToken cancellation)
    {
        var client = new PollClient();
        await client._socket.ConnectAsync(
            IPAddress.TryParse(url.DnsSafeHost, out var address) ? address : IPAddress.Loopback, url.Port, cancellation);
        return client;
    }

    /// <summary>Sends a request and reads its answer.</summary>
    /// <returns>The status.</returns>
    public async ValueTask<int> AskAsync(ReadOnlyMemory<byte> request, CancellationToken cancellation)
    {
        await _socket.SendAsync(request, cancellation);
        _length = 0;
        while (true)
        {
            var read = await _socket.ReceiveAsync(_buffer.AsMemory(_length), cancellation);
            if (read == 0)
                throw new UsageException("A server closed a connection in the middle of the measurement.");
            _length += read;
            if (LengthOf(_buffer.AsSpan(0, _length)) is { } whole && _length >= whole)
                return ((_buffer[9] - '0') * 100) + ((_buffer[10] - '0') * 10) + (_buffer[11] - '0');
        }
    }

    /// <inheritdoc />
    public void Dispose() => _socket.Dispose();

    /// <summary>How long an answer is; null: its head has not come as a whole.</summary>
    internal static int? LengthOf(ReadOnlySpan<byte> answer)
    {
        var head = answer.IndexOf(EndOfHead);
        if (head < 0)
            return null;
        var (length, field) = (0, answer[..head].IndexOf(LengthField));
        for (var i = field + LengthField.Length; field >= 0 && i < head && char.IsAsciiDigit((char)answer[i]); i++)
            length = (10 * length) + (answer[i] - '0');
        return head + EndOfHead.Length + length;
    }
}
