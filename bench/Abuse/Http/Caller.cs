using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;

namespace OrleansLimiter.AbuseBench.Http;

/// <summary>
/// Somebody who calls the service from an address of loopback (any of 127.0.0.0/8), over a bounded number of connections. Safe for use by
/// many threads.
/// </summary>
internal sealed class Caller : IDisposable
{
    private static readonly IReadOnlyDictionary<string, string> NoHeaders = new Dictionary<string, string>();

    private readonly HttpClient _client;

    /// <summary>Connects to nothing yet.</summary>
    /// <param name="service">The service's address, as in <c>http://127.0.0.1:4000</c>.</param>
    /// <param name="from">The caller's own address; the service takes it for another client's.</param>
    /// <param name="connections">At most so many at once.</param>
    /// <param name="timeout">How long it waits for an answer; null: 30 s.</param>
    public Caller(Uri service, string from = "127.0.0.1", int connections = 64, TimeSpan? timeout = null)
    {
        var own = IPAddress.Parse(from);
        if (!IPAddress.IsLoopback(own) || !service.IsLoopback)
            throw new UsageException("Attacks stay on loopback.");
        _client = new HttpClient(new SocketsHttpHandler
        {
            MaxConnectionsPerServer = connections,
            UseCookies = false,
            UseProxy = false,
            AllowAutoRedirect = false,
            ConnectCallback = async (context, cancellation) =>
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                try
                {
                    socket.Bind(new IPEndPoint(own, 0));
                    await socket.ConnectAsync(IPAddress.Loopback, context.DnsEndPoint.Port, cancellation);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            },
        })
        { BaseAddress = service, Timeout = timeout ?? TimeSpan.FromSeconds(30) };
    }

    /// <summary>Asks with GET.</summary>
    public Task<Answer> GetAsync(string path, CancellationToken cancellation, params (string Name, string Value)[] headers) =>
        SendAsync(HttpMethod.Get, path, null, cancellation, headers);

    /// <summary>Posts a body as JSON.</summary>
    public Task<Answer> PostAsync(string path, object body, CancellationToken cancellation, params (string Name, string Value)[] headers) =>
        SendAsync(HttpMethod.Post, path, JsonContent.Create(body), cancellation, headers);

    /// <summary>Sends a request. What goes wrong on the way is an answer of status 0.</summary>
    public async Task<Answer> SendAsync(
        HttpMethod method, string path, HttpContent? content, CancellationToken cancellation, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        var began = Stopwatch.GetTimestamp();
        try
        {
            using var response = await _client.SendAsync(request, cancellation);
            var body = await response.Content.ReadAsStringAsync(cancellation);
            var all = response.Headers.Concat(response.Content.Headers)
                .ToDictionary(header => header.Key, header => string.Join(", ", header.Value), StringComparer.OrdinalIgnoreCase);
            return new Answer((int)response.StatusCode, Since(began), body, all);
        }
        catch (Exception failure) when (
            failure is HttpRequestException or IOException or SocketException
            || (failure is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            return new Answer(0, Since(began), failure.GetType().Name, NoHeaders);
        }
    }

    /// <inheritdoc />
    public void Dispose() => _client.Dispose();

    private static double Since(long began) => Stopwatch.GetElapsedTime(began).TotalMilliseconds;
}
