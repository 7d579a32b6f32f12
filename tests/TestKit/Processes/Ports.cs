using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace OrleansLimiter.TestKit.Processes;

/// <summary>
/// Ports of loopback that nothing listens on, each given out once. They lie below those that the system gives to outgoing connections, so
/// that a server which dies finds its port free when it comes back. Safe for many threads.
/// </summary>
internal static class Ports
{
    private const int First = 20_000;
    private const int End = 32_000;
    private static readonly HashSet<int> Given = [];

    /// <summary>One that was free a moment ago.</summary>
    public static int Next()
    {
        lock (Given)
        {
            while (true)
            {
                var port = RandomNumberGenerator.GetInt32(First, End);
                if (IsFree(port) && Given.Add(port))
                    return port;
            }
        }
    }

    private static bool IsFree(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Any, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
