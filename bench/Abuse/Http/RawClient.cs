using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace OrleansLimiter.AbuseBench.Http;

/// <summary>
/// A connection that sends exactly the bytes that it is given, from an address of loopback, and reads what comes back: a status and the
/// beginning of a body. It never waits long: what the service takes for the beginning of a request has no answer. One thread.
/// </summary>
internal sealed class RawClient : IDisposable
{
    private const int KeptBody = 2_048;
    private readonly byte[] _buffer = new byte[16 * 1024];
    private readonly IPEndPoint _service;
    private Socket? _socket;
    private int _start;
    private int _end;

    /// <summary>Connects to nothing yet.</summary>
    /// <param name="port">The service's port.</param>
    public RawClient(int port) => _service = new IPEndPoint(IPAddress.Loopback, port);

    /// <summary>Whether there is a connection that may be used again.</summary>
    public bool IsConnected => _socket is not null;

    /// <summary>Connects, from an address of 127.0.0.0/8.</summary>
    public async Task ConnectAsync(IPAddress from, CancellationToken cancellation)
    {
        Close();
        _socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        _socket.Bind(new IPEndPoint(from, 0));
        await _socket.ConnectAsync(_service, cancellation);
    }

    /// <summary>Sends bytes and reads one answer.</summary>
    /// <param name="request">What is sent.</param>
    /// <param name="isHead">Whether the answer has no body, whatever it says of its length.</param>
    /// <param name="patience">How long it waits for an answer.</param>
    /// <param name="cancellation">Ends it early.</param>
    public async Task<RawAnswer> AskAsync(
        ReadOnlyMemory<byte> request, bool isHead, TimeSpan patience, CancellationToken cancellation)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        bound.CancelAfter(patience);
        try
        {
            for (var sent = 0; sent < request.Length;)
                sent += await _socket!.SendAsync(request[sent..], bound.Token);
            return await ReadAsync(isHead, bound.Token);
        }
        catch (Exception failure) when (
            failure is SocketException or IOException || (failure is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            Close();
            return new RawAnswer(0, failure.GetType().Name);
        }
    }

    /// <summary>Ends the connection.</summary>
    public void Close()
    {
        _socket?.Dispose();
        _socket = null;
        _start = _end = 0;
    }

    /// <inheritdoc />
    public void Dispose() => Close();

    private async Task<RawAnswer> ReadAsync(bool isHead, CancellationToken cancellation)
    {
        int head;
        while ((head = _buffer.AsSpan(_start.._end).IndexOf("\r\n\r\n"u8)) < 0)
            await FillAsync(cancellation);
        var text = Encoding.Latin1.GetString(_buffer, _start, head);
        _start += head + 4;
        var status = int.Parse(text.AsSpan(9, 3), CultureInfo.InvariantCulture);
        var body = new StringBuilder();
        if (!isHead && status is not (204 or 304))
        {
            if (HeaderOf(text, "Content-Length") is { } length)
                await DrainAsync(int.Parse(length, CultureInfo.InvariantCulture), body, cancellation);
            else if (HeaderOf(text, "Transfer-Encoding") is not null)
                await DrainChunksAsync(body, cancellation);
        }

        if (string.Equals(HeaderOf(text, "Connection"), "close", StringComparison.OrdinalIgnoreCase))
            Close();
        return new RawAnswer(status, body.ToString(), HeaderOf(text, "Content-Type"), HeaderOf(text, "Retry-After"));
    }

    private async Task DrainChunksAsync(StringBuilder body, CancellationToken cancellation)
    {
        while (true)
        {
            int line;
            while ((line = _buffer.AsSpan(_start.._end).IndexOf("\r\n"u8)) < 0)
                await FillAsync(cancellation);
            var size = int.Parse(Encoding.Latin1.GetString(_buffer, _start, line), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            _start += line + 2;
            await DrainAsync(size, body, cancellation);
            await DrainAsync(2, null, cancellation);
            if (size == 0)
                return;
        }
    }

    private async Task DrainAsync(int length, StringBuilder? body, CancellationToken cancellation)
    {
        while (length > 0)
        {
            if (_start == _end)
                await FillAsync(cancellation);
            var taken = Math.Min(length, _end - _start);
            if (body?.Length < KeptBody)
                body.Append(Encoding.Latin1.GetString(_buffer, _start, Math.Min(taken, KeptBody - body.Length)));
            _start += taken;
            length -= taken;
        }
    }

    private async Task FillAsync(CancellationToken cancellation)
    {
        _buffer.AsSpan(_start.._end).CopyTo(_buffer);
        (_start, _end) = (0, _end - _start);
        if (_end == _buffer.Length)
            throw new IOException("The head is too long.");
        var read = await _socket!.ReceiveAsync(_buffer.AsMemory(_end), SocketFlags.None, cancellation);
        if (read == 0)
            throw new IOException("The connection ended.");
        _end += read;
    }

    private static string? HeaderOf(string head, string name)
    {
        var start = head.IndexOf("\r\n" + name + ":", StringComparison.OrdinalIgnoreCase);
        return start < 0 ? null : head[(start + name.Length + 3)..].Split('\r')[0].Trim();
    }
}
