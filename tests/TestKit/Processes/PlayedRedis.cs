using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace OrleansLimiter.TestKit.Processes;

/// <summary>
/// Plays a server of Redis' protocol on a free port of the loopback address: what it answers is a test's to say. A word is a string of one
/// character a byte.
/// </summary>
internal sealed class PlayedRedis : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentBag<TcpClient> _open = [];
    private readonly ConcurrentQueue<string> _commands = new();
    private readonly Func<IReadOnlyList<string>, string> _answer;

    /// <param name="answer">What is answered to a command, without the last line's end: <c>+OK</c>, <c>-ERR no</c>, <c>:1</c>. Called on
    /// any thread.</param>
    public PlayedRedis(Func<IReadOnlyList<string>, string> answer)
    {
        _answer = answer;
        _listener.Start();
        _ = AcceptAsync();
    }

    /// <summary>Where it listens.</summary>
    public EndPoint Address => _listener.LocalEndpoint;

    /// <summary>The first words of all commands so far, in capitals.</summary>
    public IReadOnlyCollection<string> Commands => _commands;

    /// <summary>A reply that is a text.</summary>
    public static string Text(string text) => string.Create(CultureInfo.InvariantCulture, $"${text.Length}\r\n{text}");

    /// <summary>Closes all connections, and goes on listening.</summary>
    public void HangUp()
    {
        while (_open.TryTake(out var client))
            client.Dispose();
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _stop.Cancel();
        _listener.Dispose();
        HangUp();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token));
        }
        catch (Exception end) when (end is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        _open.Add(client);
        try
        {
            var stream = client.GetStream();
            using var reader = new StreamReader(stream, Encoding.Latin1);
            while (await ReadAsync(reader) is { } words)
            {
                _commands.Enqueue(words[0].ToUpperInvariant());
                await stream.WriteAsync(Encoding.Latin1.GetBytes(_answer(words) + "\r\n"));
            }
        }
        catch (Exception end) when (end is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // Either side has gone.
        }
    }

    /// <summary>One command: a list of texts, each with its length in front; null at the end of the connection.</summary>
    private static async Task<string[]?> ReadAsync(StreamReader reader)
    {
        if (await reader.ReadLineAsync() is not { } count)
            return null;
        var words = new string[LengthIn(count)];
        for (var i = 0; i < words.Length; i++)
        {
            var word = new char[LengthIn(await reader.ReadLineAsync() ?? "$0")];
            await reader.ReadBlockAsync(word);
            await reader.ReadLineAsync();
            words[i] = new string(word);
        }

        return words;
    }

    private static int LengthIn(string line) => int.Parse(line.AsSpan(1), CultureInfo.InvariantCulture);
}
