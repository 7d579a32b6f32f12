using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;

namespace OrleansLimiter.Engines.Redis;

/// <summary>
/// Finds out why a server is not connected, by a greeting of its own: the client library says of a refused password only that there is no
/// connection. What it says holds the server's address and error code, and no secret.
/// </summary>
internal static class RedisProbe
{
    /// <summary>What is said of a server that refuses the password.</summary>
    public const string Refusal = " refuses the password (";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    /// <summary>What is wrong with the first server that something is wrong with; null if all answer.</summary>
    public static async Task<string?> FindAsync(RedisEngineOptions options, TimeProvider time)
    {
        foreach (var endPoint in options.EndPoints)
        {
            if (await FindAsync(endPoint, options, time).ConfigureAwait(false) is { } problem)
                return problem;
        }

        return null;
    }

    private static async Task<string?> FindAsync(string endPoint, RedisEngineOptions options, TimeProvider time)
    {
        var colon = endPoint.LastIndexOf(':');
        var host = endPoint[..colon].Trim('[', ']');
        using var limit = new CancellationTokenSource(Limit, time);
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(host, int.Parse(endPoint.AsSpan(colon + 1), CultureInfo.InvariantCulture), limit.Token).ConfigureAwait(false);
            Stream stream = client.GetStream();
            if (options.Ssl)
            {
                var encrypted = new SslStream(stream);
                await encrypted.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = host }, limit.Token).ConfigureAwait(false);
                stream = encrypted;
            }

            await using (stream.ConfigureAwait(false))
                return await GreetAsync(stream, endPoint, options, limit.Token).ConfigureAwait(false);
        }
        catch (SocketException failure)
        {
            return $"{endPoint} cannot be connected to ({failure.SocketErrorCode})";
        }
        catch (AuthenticationException)
        {
            return $"{endPoint} cannot be spoken to encrypted: its certificate is not valid, or it does not encrypt";
        }
        catch (Exception failure) when (failure is IOException or OperationCanceledException)
        {
            return $"{endPoint} does not answer";
        }
    }

    private static async Task<string?> GreetAsync(Stream stream, string endPoint, RedisEngineOptions options, CancellationToken cancellationToken)
    {
        using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
        string[] password = string.IsNullOrEmpty(options.Password) ? [] : string.IsNullOrEmpty(options.User) ? ["AUTH", options.Password] : ["AUTH", options.User, options.Password];
        foreach (var words in (string[][])[password, ["PING"]])
        {
            if (words.Length == 0)
                continue;
            var command = string.Create(CultureInfo.InvariantCulture, $"*{words.Length}\r\n") + string.Concat(words.Select(word =>
                string.Create(CultureInfo.InvariantCulture, $"${Encoding.UTF8.GetByteCount(word)}\r\n{word}\r\n")));
            await stream.WriteAsync(Encoding.UTF8.GetBytes(command), cancellationToken).ConfigureAwait(false);
            var line = await reader.ReadLineAsync(cancellationToken).ConfigureAwait(false) ?? throw new IOException("The connection was closed.");
            if (line.StartsWith('-'))
                return Problem(endPoint, line[1..]);
        }

        return null;
    }

    private static string Problem(string endPoint, string error)
    {
        var code = error.Split(' ', 2)[0];
        return code is "WRONGPASS" or "NOAUTH" || error.Contains("password", StringComparison.OrdinalIgnoreCase)
            ? $"{endPoint}{Refusal}{code})"
            : $"{endPoint} answers {code}";
    }
}
