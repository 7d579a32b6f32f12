using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace OrleansLimiter.ClusterBench.Http;

/// <summary>A front end, or the balancer before them, and how a charge is asked of it.</summary>
internal sealed class Target
{
    private readonly string _apiKey;
    private readonly Uri _url;

    public Target(Uri url, string apiKey)
    {
        _url = url;
        _apiKey = apiKey;
        var address = IPAddress.TryParse(url.DnsSafeHost, out var given) ? given
            : Array.Find(Dns.GetHostAddresses(url.DnsSafeHost), found => found.AddressFamily == AddressFamily.InterNetwork)
            ?? throw new UsageException($"{url} has no IPv4 address.");
        EndPoint = new IPEndPoint(address, url.Port);
    }

    public IPEndPoint EndPoint { get; }

    /// <summary>The whole request, ready to be sent as often as it is needed.</summary>
    public byte[] Charge(string policy, string key, int cost)
    {
        var body = JsonSerializer.Serialize(new Dictionary<string, object> { ["key"] = key, ["cost"] = cost, ["policy"] = policy });
        return Encoding.UTF8.GetBytes(
            $"POST /limit/incr HTTP/1.1\r\nHost: {_url.Authority}\r\nContent-Type: application/json\r\n" +
            (_apiKey.Length == 0 ? "" : $"X-Api-Key: {_apiKey}\r\n") +
            $"Content-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}");
    }

    /// <summary>Asks once, and refuses to go on unless a decision comes back.</summary>
    public void MustAnswer(string policy, string key)
    {
        using var http = new HttpClient { BaseAddress = _url, Timeout = TimeSpan.FromSeconds(10) };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/limit/incr")
        {
            Content = new StringContent(JsonSerializer.Serialize(new Dictionary<string, string> { ["key"] = key, ["policy"] = policy }),
                Encoding.UTF8, "application/json"),
        };
        if (_apiKey.Length > 0)
            request.Headers.Add("X-Api-Key", _apiKey);
        try
        {
            using var response = http.Send(request);
            if (response.StatusCode is not (HttpStatusCode.OK or HttpStatusCode.TooManyRequests))
            {
                using var body = new StreamReader(response.Content.ReadAsStream());
                throw new UsageException($"{_url} answers {(int)response.StatusCode} before the run begins: {body.ReadToEnd()}");
            }
        }
        catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException)
        {
            throw new UsageException($"{_url} does not answer before the run begins: {failure.Message}");
        }
    }
}
