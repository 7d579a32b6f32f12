using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace OrleansLimiter.SaleBench.Http;

/// <summary>A running service: its front ends, over a bounded number of connections to each. Safe for use by many threads.</summary>
internal sealed class SaleService : IDisposable
{
    private const int MostUsersAtOnce = 10_000;
    private const int MostAttempts = 60;
    private const string Card = "4242 4242 4242 4242";
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);
    private static readonly MediaTypeHeaderValue Json = new("application/json");

    private readonly HttpClient[] _frontEnds;
    private readonly string _operatorKey;

    /// <summary>Connects to nothing yet.</summary>
    /// <param name="urls">The front ends.</param>
    /// <param name="operatorKey">An operator's key.</param>
    /// <param name="connections">At most so many to each.</param>
    public SaleService(IReadOnlyList<Uri> urls, string operatorKey, int connections)
    {
        _operatorKey = operatorKey;
        _frontEnds = [.. urls.Select(url => new HttpClient(new SocketsHttpHandler
        {
            MaxConnectionsPerServer = connections,
            UseCookies = false,
            UseProxy = false,
            AllowAutoRedirect = false,
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(90), // the server ends an idle connection after 130 s
        })
        { BaseAddress = url, Timeout = Timeout })];
    }

    /// <summary>Makes users.</summary>
    public async Task<Account[]> MakeUsersAsync(int count, CancellationToken cancellation)
    {
        var users = new List<Account>(count);
        while (users.Count < count)
        {
            using var made = await OperateAsync(
                HttpMethod.Post, "/admin/dev/users", new { count = Math.Min(MostUsersAtOnce, count - users.Count) }, cancellation);
            users.AddRange(made.RootElement.GetProperty("users").Deserialize<Account[]>(JsonSerializerOptions.Web)!);
        }

        return [.. users];
    }

    /// <summary>Makes a sale.</summary>
    public async Task<SaleInfo> MakeSaleAsync(string name, int tickets, int opensInSeconds, int maxPerUser, CancellationToken cancellation)
    {
        using var made = await OperateAsync(
            HttpMethod.Post, "/admin/dev/sales", new { name, tickets, opensInSeconds, maxPerUser, maxPerOrder = maxPerUser }, cancellation);
        return made.RootElement.Deserialize<SaleInfo>(JsonSerializerOptions.Web)!;
    }

    /// <summary>Sets how many people a sale's valve lets in per second.</summary>
    public async Task SetRateAsync(Guid sale, int admissions, CancellationToken cancellation)
    {
        using var _ = await OperateAsync(
            HttpMethod.Post, $"/admin/sales/{sale}/valve/rates", new { admissions, windowMs = 1_000 }, cancellation);
    }

    /// <summary>Sets how many people may have a turn at a time.</summary>
    public async Task SetCheckoutAsync(Guid sale, int checkout, CancellationToken cancellation)
    {
        using var _ = await OperateAsync(HttpMethod.Post, $"/admin/sales/{sale}/valve/rates", new { checkout }, cancellation);
    }

    /// <summary>Holds a sale's line.</summary>
    public async Task PauseAsync(Guid sale, CancellationToken cancellation)
    {
        using var _ = await OperateAsync(HttpMethod.Post, $"/admin/sales/{sale}/valve/pause", new { }, cancellation);
    }

    /// <summary>How a sale's valve stands.</summary>
    public async Task<ValveInfo> ValveAsync(Guid sale, CancellationToken cancellation)
    {
        using var told = await OperateAsync(HttpMethod.Get, $"/admin/sales/{sale}/valve", null, cancellation);
        return told.RootElement.Deserialize<ValveInfo>(JsonSerializerOptions.Web)!;
    }

    /// <summary>How a sale stands.</summary>
    public Task<SaleInfo> SaleAsync(Guid sale, CancellationToken cancellation) => ReadAsync<SaleInfo>($"/sales/{sale}", cancellation);

    /// <summary>What is published of a sale's draw.</summary>
    public Task<DrawInfo> DrawAsync(Guid sale, CancellationToken cancellation) => ReadAsync<DrawInfo>($"/sales/{sale}/draw", cancellation);

    /// <summary>A page of a sale's available tickets.</summary>
    /// <returns>The tickets, and what the next page comes after; null: there is none.</returns>
    public async Task<(Guid[] Tickets, Guid? Next)> TicketsAsync(Guid sale, Guid? after, CancellationToken cancellation)
    {
        var page = await ReadAsync<JsonElement>(
            $"/sales/{sale}/tickets?status=available{(after is { } id ? $"&after={id}" : string.Empty)}", cancellation);
        return ([.. page.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("id").GetGuid())],
            page.TryGetProperty("next", out var next) ? next.GetGuid() : null);
    }

    /// <summary>The service's metrics as text.</summary>
    public Task<string> MetricsAsync(CancellationToken cancellation) =>
        _frontEnds[0].GetStringAsync(new Uri("/metrics", UriKind.Relative), cancellation);

    /// <summary>Asks for tickets.</summary>
    /// <param name="frontEnd">Which front end; any number.</param>
    /// <param name="user">Who asks.</param>
    /// <param name="tickets">Which.</param>
    /// <param name="key">The request's key: under the same one the same request is answered the same.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public Task<Answer> PayAsync(int frontEnd, Account user, Guid[] tickets, string key, CancellationToken cancellation)
    {
        var content = new ByteArrayContent(
            Encoding.ASCII.GetBytes($$"""{"ticketUuids":["{{string.Join("\",\"", tickets)}}"],"creditCard":"{{Card}}"}"""));
        content.Headers.ContentType = Json;
        var request = new HttpRequestMessage(HttpMethod.Post, "/ticket/pay-ticket") { Content = content };
        request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
        return AskAsync(frontEnd, request, user, Answer.OfPurchase, cancellation);
    }

    /// <summary>Asks the queue how a user stands.</summary>
    public Task<Answer> PollAsync(int frontEnd, Account user, Guid sale, CancellationToken cancellation) =>
        AskAsync(frontEnd, new HttpRequestMessage(HttpMethod.Get, $"/sales/{sale}/queue"), user, Answer.OfQueue, cancellation);

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (var frontEnd in _frontEnds)
            frontEnd.Dispose();
    }

    private async Task<Answer> AskAsync(
        int frontEnd, HttpRequestMessage request, Account user, ReadAnswer read, CancellationToken cancellation)
    {
        using var _ = request;
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + user.AccessToken);
        var sent = Clock.Now;
        try
        {
            using var response = await _frontEnds[frontEnd % _frontEnds.Length].SendAsync(request, cancellation);
            var body = await response.Content.ReadAsByteArrayAsync(cancellation);
            return read(sent, Clock.Now, (int)response.StatusCode, response.Headers.RetryAfter?.Delta, body);
        }
        catch (Exception failure) when (
            !cancellation.IsCancellationRequested && failure is HttpRequestException or IOException or TaskCanceledException)
        {
            return Answer.None(sent, Clock.Now, WhyOf(failure));
        }
    }

    private static string WhyOf(Exception failure) => failure switch
    {
        TaskCanceledException => "timed out",
        { InnerException: SocketException socket } => socket.SocketErrorCode.ToString(),
        HttpRequestException { HttpRequestError: not HttpRequestError.Unknown } http => http.HttpRequestError.ToString(),
        _ => failure.GetType().Name,
    };

    /// <summary>Reads something that the address, not a user, is limited for; waits as long as it is told to.</summary>
    private async Task<T> ReadAsync<T>(string path, CancellationToken cancellation)
    {
        for (var attempt = 0; ; attempt++)
        {
            using var response = await GetAsync(attempt, path, cancellation);
            if (response.IsSuccessStatusCode)
                return (await response.Content.ReadFromJsonAsync<T>(JsonSerializerOptions.Web, cancellation))!;
            if (response.StatusCode is not (HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable))
                throw new UsageException(
                    $"GET {path} answers {(int)response.StatusCode}: {await response.Content.ReadAsStringAsync(cancellation)}");
            await Task.Delay(response.Headers.RetryAfter?.Delta ?? TimeSpan.FromSeconds(1), cancellation);
        }
    }

    private async Task<HttpResponseMessage> GetAsync(int attempt, string path, CancellationToken cancellation)
    {
        try
        {
            return await _frontEnds[attempt % _frontEnds.Length].GetAsync(new Uri(path, UriKind.Relative), cancellation);
        }
        catch (HttpRequestException) when (attempt < MostAttempts)
        {
            return new HttpResponseMessage(HttpStatusCode.ServiceUnavailable); // it is asked again, as one that says so
        }
    }

    private async Task<JsonDocument> OperateAsync(HttpMethod method, string path, object? body, CancellationToken cancellation)
    {
        try
        {
            using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
            request.Headers.Add("X-Operator-Key", _operatorKey);
            using var response = await _frontEnds[0].SendAsync(request, cancellation);
            var text = await response.Content.ReadAsStringAsync(cancellation);
            return response.IsSuccessStatusCode
                ? JsonDocument.Parse(text)
                : throw new UsageException($"{method} {path} answers {(int)response.StatusCode}: {text}");
        }
        catch (HttpRequestException failure)
        {
            throw new UsageException($"{_frontEnds[0].BaseAddress} does not answer: {failure.Message}");
        }
    }

    private delegate Answer ReadAnswer(long sent, long received, int status, TimeSpan? retryAfter, ReadOnlySpan<byte> body);
}
