using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace OrleansLimiter.Redis.Tests;

/// <summary>A Redis client of a few lines, so that what a test arranges does not go through the client that is under test.</summary>
internal static class RawRedis
{
    /// <summary>Sends one command and reads one reply: a list has its elements on lines of their own.</summary>
    public static Task<string> CommandAsync(int port, string[] words, CancellationToken cancellationToken) =>
        CommandsAsync(port, [words], cancellationToken);

    /// <summary>Sends commands on one connection, one after the other, and gives back the last one's reply.</summary>
    public static async Task<string> CommandsAsync(int port, string[][] commands, CancellationToken cancellationToken)
    {
        using var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
        await using var stream = client.GetStream();
        using var reader = new StreamReader(stream, Encoding.Latin1);
        var reply = "";
        foreach (var words in commands)
        {
            var command = new StringBuilder().Append(CultureInfo.InvariantCulture, $"*{words.Length}\r\n");
            foreach (var word in words)
                command.Append(CultureInfo.InvariantCulture, $"${Encoding.UTF8.GetByteCount(word)}\r\n{word}\r\n");
            await stream.WriteAsync(Encoding.UTF8.GetBytes(command.ToString()), cancellationToken);
            reply = await ReadAsync(reader, cancellationToken);
        }

        return reply;
    }

    private static async Task<string> ReadAsync(StreamReader reader, CancellationToken cancellationToken)
    {
        var line = await reader.ReadLineAsync(cancellationToken) ?? throw new IOException("The server closed the connection.");
        var number = line[0] is '$' or '*' ? int.Parse(line.AsSpan(1), CultureInfo.InvariantCulture) : 0;
        switch (line[0])
        {
            case '$':
                if (number < 0)
                    return "";
                var text = new char[number + 2];
                await reader.ReadBlockAsync(text, cancellationToken);
                return new string(text, 0, number);
            case '*':
                var elements = new List<string>();
                for (var i = 0; i < number; i++)
                    elements.Add(await ReadAsync(reader, cancellationToken));
                return string.Join('\n', elements);
            default:
                return line[1..];
        }
    }
}
