using System.Net.Sockets;

namespace OrleansLimiter.ClusterBench.Http;

/// <summary>
/// One keep-alive connection without blocking, with at most one request on it. Failures are told, not thrown. One thread's.
/// </summary>
internal sealed class Connection(Target target) : IDisposable
{
    private static readonly TimeSpan LongestConnect = TimeSpan.FromSeconds(5);

    private readonly ResponseReader _response = new();
    private Socket? _socket;

    public Target Target { get; } = target;

    /// <summary>Its place among those that wait for their socket; -1 if it does not.</summary>
    public int Place { get; set; } = -1;

    /// <summary>The request that it carries; -1 if none.</summary>
    public int Request { get; set; } = -1;

    public bool IsConnecting { get; private set; }

    public int Descriptor { get; private set; } = -1;

    public ResponseReader Response => _response;

    /// <summary>Whether a request can be sent: connected, and not closed by the other side meanwhile.</summary>
    public bool IsUsable => _socket is not null && !IsConnecting && !Readiness.HasSomethingToRead(Descriptor);

    /// <summary>Starts to connect; with <paramref name="wait"/> it waits for the outcome, at most 5 s. False if it has failed.</summary>
    public bool Connect(bool wait)
    {
        Dispose();
        _socket = new Socket(Target.EndPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, Blocking = false };
        Descriptor = (int)_socket.SafeHandle.DangerousGetHandle();
        try
        {
            _socket.Connect(Target.EndPoint);
        }
        catch (SocketException pending) when (pending.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
        {
            IsConnecting = true;
        }
        catch (SocketException)
        {
            Dispose();
            return false;
        }

        if (!wait || !IsConnecting || (_socket.Poll(LongestConnect, SelectMode.SelectWrite) && EndConnect()))
            return true;
        Dispose();
        return false;
    }

    /// <summary>To be called when a connecting socket has become ready: whether it is connected.</summary>
    public bool EndConnect()
    {
        IsConnecting = false;
        return _socket!.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error) is 0;
    }

    /// <summary>Sends bytes in one piece; false if the connection is broken. A whole request fits any socket's buffer.</summary>
    public bool Send(ReadOnlySpan<byte> bytes) =>
        _socket!.Send(bytes, SocketFlags.None, out var error) == bytes.Length && error == SocketError.Success;

    /// <summary>Takes what has arrived. Null while the answer is not whole; <see cref="Failure.None"/> once it is.</summary>
    public Failure? Receive()
    {
        while (true)
        {
            var space = _response.Space;
            var count = _socket!.Receive(space, SocketFlags.None, out var error);
            if (error == SocketError.WouldBlock)
                return null;
            if (error != SocketError.Success)
                return Failure.Reset;
            switch (_response.Advance(count))
            {
                case ResponseReader.Progress.Complete:
                    _response.Reset();
                    return Failure.None;
                case ResponseReader.Progress.Malformed:
                    return count == 0 ? Failure.Closed : Failure.Malformed;
            }

            if (count < space.Length)
                return null;
        }
    }

    /// <summary>Closes the socket; the connection can be made anew.</summary>
    public void Dispose()
    {
        _socket?.Dispose();
        _socket = null;
        Descriptor = -1;
        IsConnecting = false;
        _response.Reset();
    }
}
