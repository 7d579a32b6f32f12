using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using OrleansLimiter.TestKit.Processes;
using Xunit;

namespace OrleansLimiter.Silo.Tests.Nodes;

/// <summary>A Redis server that keeps what it was told when it is killed.</summary>
internal sealed class RedisNode(string log, int port) : Node(log, CommandFor(log, port), new Dictionary<string, string>())
{
    /// <summary>Its port.</summary>
    public int Port => port;

    /// <summary>Where it is.</summary>
    public string Url { get; } = string.Create(CultureInfo.InvariantCulture, $"redis://127.0.0.1:{port}");

    /// <summary>Starts it and waits until it listens.</summary>
    public async Task StartAndListenAsync(CancellationToken cancellationToken)
    {
        await StartAsync();
        await Eventually.TrueAsync($"Redis listens ({Log})", ListensAsync, cancellationToken);
    }

    /// <summary>Has it forget everything, as if another, empty one had taken its place.</summary>
    public Task ForgetAllAsync(CancellationToken cancellationToken) => TellAsync("FLUSHALL", cancellationToken);

    /// <summary>Has it do what it answers with OK.</summary>
    public Task TellAsync(string command, CancellationToken cancellationToken) => TellAsync(command, "+OK", cancellationToken);

    /// <summary>Has it do something.</summary>
    /// <param name="command">The words.</param>
    /// <param name="answer">What it must say.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task TellAsync(string command, string answer, CancellationToken cancellationToken) =>
        Assert.Equal(answer, await AskAsync(command, cancellationToken));

    /// <summary>Has it do something.</summary>
    /// <returns>The first line of what it says.</returns>
    public async Task<string?> AskAsync(string command, CancellationToken cancellationToken)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), cancellationToken);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"{command}\r\n"), cancellationToken);
        using var reader = new StreamReader(stream);
        return await reader.ReadLineAsync(cancellationToken);
    }

    /// <summary>Kills it, and has another, which knows nothing, take its place some time later.</summary>
    public async Task ReplaceAsync(TimeSpan later, CancellationToken cancellationToken)
    {
        await KillAsync(cancellationToken);
        Directory.Delete(Path.Combine(Path.GetDirectoryName(Log)!, "appendonlydir"), recursive: true);
        await Task.Delay(later, TimeProvider.System, cancellationToken);
        await StartAndListenAsync(cancellationToken);
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
