using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace OrleansLimiter.TestKit.Processes;

/// <summary>
/// Ports of loopback that nothing listens on, each given out once, whichever process of the tests asks. They lie below those that the
/// system gives to outgoing connections, so that a server which dies finds its port free when it comes back. Safe for many threads.
/// </summary>
internal static class Ports
{
    private const int First = 20_000;
    private const int End = 32_000;

    // Which are given, by the number of each: processes of tests that run beside each other see it taken. Nothing here serves UDP.
    private static readonly Dictionary<int, Socket> Given = [];

    /// <summary>One that was free a moment ago.</summary>
    public static int Next()
    {
        lock (Given)
        {
            while (true)
            {
                var port = RandomNumberGenerator.GetInt32(First, End);
                if (Given.ContainsKey(port) || TryBind(SocketType.Dgram, ProtocolType.Udp, port) is not { } claim)
                    continue;
                Given.Add(port, claim);
                using var free = TryBind(SocketType.Stream, ProtocolType.Tcp, port);
                if (free is not null)
                    return port;
            }
        }
    }

    private static Socket? TryBind(SocketType type, ProtocolType protocol, int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, type, protocol);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Any, port));
            return socket;
        }
        catch (SocketException)
        {
            socket.Dispose();
            return null;
        }
    }
}
