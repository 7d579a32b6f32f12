using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace OrleansLimiter.ServiceKit;

/// <summary>
/// A connection that sends exactly the bytes it is given and hands back exactly the text that comes. Bytes are Latin-1 characters. One
/// thread.
/// </summary>
internal sealed class RawConnection(int port) : IDisposable
{
    /// <summary>After this long without a byte, it is a hang.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly byte[] _buffer = new byte[128 * 1024];
    private Socket? _socket;
    private int _start;
    private int _end;

    /// <summary>Sends bytes, on a new connection where there is none.</summary>
    public async Task SendAsync(string latin1)
    {
        if (_socket is null)
        {
            _socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await _socket.ConnectAsync(IPAddress.Loopback, port);
        }

        var bytes = Encoding.Latin1.GetBytes(latin1);
        for (var sent = 0; sent < bytes.Length;)
            sent += await _socket.SendAsync(bytes.AsMemory(sent));
    }

    /// <summary>Reads one response; null where the connection ended before one began.</summary>
    /// <exception cref="TimeoutException">Nothing came for too long.</exception>
    public async Task<RawResponse?> ReadAsync()
    {
        var headEnd = await FindAsync("\r\n\r\n"u8.ToArray());
        if (headEnd < 0)
            return null;
        var head = Take(headEnd + 4);
        var body = string.Empty;
        var status = int.Parse(head.AsSpan(9, 3), CultureInfo.InvariantCulture);
        if (HeaderOf(head, "Content-Length") is { } length)
            body = await TakeAsync(int.Parse(length, CultureInfo.InvariantCulture));
        else if (HeaderOf(head, "Transfer-Encoding") == "chunked")
            body = await ReadChunksAsync();
        var response = new RawResponse(status, head, body);
        if (response.Header("Connection") == "close")
            Close();
        return response;
    }

    /// <summary>The value of a header in a response's head; null where it is not there.</summary>
    public static string? HeaderOf(string head, string name)
    {
        var line = head.Split("\r\n").FirstOrDefault(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase));
        return line?[(name.Length + 1)..].Trim();
    }

    /// <summary>Sends no more, and goes on reading.</summary>
    public void EndSending() => _socket!.Shutdown(SocketShutdown.Send);

    /// <summary>Ends the connection; the next send makes a new one.</summary>
    public void Close()
    {
        _socket?.Dispose();
        _socket = null;
        _start = _end = 0;
    }

    /// <inheritdoc />
    public void Dispose() => Close();

    private async Task<string> ReadChunksAsync()
    {
        var body = new StringBuilder();
        while (true)
        {
            var line = Take(await FindAsync("\r\n"u8.ToArray()) + 2);
            var size = int.Parse(line.AsSpan(0, line.Length - 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            var chunk = await TakeAsync(size + 2);
            if (size == 0)
                return body.ToString();
            body.Append(chunk.AsSpan(0, size));
        }
    }

    private async Task<int> FindAsync(byte[] mark)
    {
        while (true)
        {
            if (_buffer.AsSpan(_start.._end).IndexOf(mark) is var found and >= 0)
                return found;
            if (!await FillAsync())
                return -1;
        }
    }

    private async Task<string> TakeAsync(int length)
    {
        while (_end - _start < length)
        {
            if (!await FillAsync())
                throw new IOException("The connection ended inside a response.");
        }

        return Take(length);
    }

    private string Take(int length)
    {
        var text = Encoding.Latin1.GetString(_buffer, _start, length);
        _start += length;
        return text;
    }

    private async Task<bool> FillAsync()
    {
        if (_socket is null)
            return false;
        _buffer.AsSpan(_start.._end).CopyTo(_buffer);
        (_start, _end) = (0, _end - _start);
        try
        {
            var read = await _socket.ReceiveAsync(_buffer.AsMemory(_end)).AsTask().WaitAsync(Patience);
            _end += read;
            return read > 0;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}

/// <summary>A response as it came.</summary>
/// <param name="Status">Its status.</param>
/// <param name="Head">Status line and headers, with the empty line.</param>
/// <param name="Body">The body, chunks joined; bytes as Latin-1 characters.</param>
internal sealed record RawResponse(int Status, string Head, string Body)
{
    /// <summary>A header's value; null where it is not there.</summary>
    public string? Header(string name) => RawConnection.HeaderOf(Head, name);
}
