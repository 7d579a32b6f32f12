using System.Net;
using System.Net.Sockets;
using OrleansLimiter.TestKit.Processes;
using Xunit;

namespace OrleansLimiter.Redis.Tests;

/// <summary>Ports for servers that tests start.</summary>
public sealed class PortsTests
{
    [Fact]
    public void A_port_that_is_given_is_free_to_listen_on_and_seen_to_be_taken_by_other_processes()
    {
        var port = Ports.Next();
        using var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        server.Bind(new IPEndPoint(IPAddress.Loopback, port));
        server.Listen();

        // As another process asks.
        using var claim = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        var taken = Assert.Throws<SocketException>(() => claim.Bind(new IPEndPoint(IPAddress.Any, port)));
        Assert.Equal(SocketError.AddressAlreadyInUse, taken.SocketErrorCode);
    }
}
