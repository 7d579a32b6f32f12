using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace OrleansLimiter.Silo.Tests;

/// <summary>A Redis server that keeps what it was told when it is killed.</summary>
internal sealed class RedisNode(string log, int port) : Node(log, CommandFor(log, port), new Dictionary<string, string>())
{
    /// <summary>Where it is.</summary>
    public string Url { get; } = string.Create(CultureInfo.InvariantCulture, $"redis://127.0.0.1:{port}");

    /// <summary>Starts it and waits until it listens.</summary>
    public async Task StartAndListenAsync(CancellationToken cancellationToken)
    {
        await StartAsync();
        await Eventually.TrueAsync($"Redis listens ({Log})", ListensAsync, cancellationToken);
    }

    private static string[] CommandFor(string log, int port) =>
    [
        Programs.Redis!, "--port", port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--save", "", "--appendonly", "yes",
        "--dir", Path.GetDirectoryName(log)!,
    ];

    private async Task<bool> ListensAsync()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
