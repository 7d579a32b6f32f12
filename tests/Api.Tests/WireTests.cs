using System.Globalization;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OrleansLimiter.ServiceKit;
using Xunit;

namespace OrleansLimiter.Api.Tests;

/// <summary>What only shows on a real connection.</summary>
public sealed class WireTests
{
    private const string Head = "POST /limit/incr HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";

    [Fact]
    public async Task A_body_of_64_KiB_is_read_and_one_byte_more_is_413()
    {
        using var service = new TestService();
        using var connection = new RawConnection(service.Port);
        var largest = $"{{\"key\":{new string(' ', 65_536 - 12)}\"k\"}}";
        Assert.Equal(65_536, largest.Length + 1);

        await connection.SendAsync($"{Head}Content-Length: 65536\r\n\r\n{largest} ");
        Assert.Equal(200, (await connection.ReadAsync())!.Status);

        await connection.SendAsync($"{Head}Content-Length: 65537\r\n\r\n{largest}  ");
        var refused = await connection.ReadAsync();
        Assert.Equal(413, refused!.Status);
        Assert.Equal("application/problem+json", refused.Header("Content-Type"));
        Assert.Equal("close", refused.Header("Connection"));
        Assert.Contains("at most 65,536 bytes", refused.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_in_chunks_is_cut_off_at_the_same_size()
    {
        using var service = new TestService();
        using var connection = new RawConnection(service.Port);
        var chunk = "1000\r\n" + new string(' ', 0x1000) + "\r\n";

        await connection.SendAsync(
            $"{Head}Transfer-Encoding: chunked\r\n\r\n{string.Concat(Enumerable.Repeat(chunk, 15))}b\r\n{{\"key\":\"k\"}}\r\n0\r\n\r\n");
        Assert.Equal(200, (await connection.ReadAsync())!.Status);

        // What counts is the body, not the chunks' own bytes: 65,536 of them one by one are as good as at once.
        var largest = "{\"key\":\"k\"}".PadRight(65_536);
        await connection.SendAsync(
            $"{Head}Transfer-Encoding: chunked\r\n\r\n{string.Concat(largest.Select(one => $"1\r\n{one}\r\n"))}0\r\n\r\n");
        Assert.Equal(200, (await connection.ReadAsync())!.Status);

        await connection.SendAsync($"{Head}Transfer-Encoding: chunked\r\n\r\n{string.Concat(Enumerable.Repeat(chunk, 17))}");
        var refused = await connection.ReadAsync();
        Assert.Equal(413, refused!.Status);
        Assert.Contains("at most 65,536 bytes", refused.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_that_comes_byte_by_byte_is_answered_when_it_is_whole()
    {
        using var service = new TestService();
        using var connection = new RawConnection(service.Port);
        const string body = "{\"key\":\"slow\"}";
        await connection.SendAsync(string.Create(CultureInfo.InvariantCulture, $"{Head}Content-Length: {body.Length}\r\n\r\n"));
        foreach (var octet in body)
            await connection.SendAsync(octet.ToString());

        var answer = await connection.ReadAsync();
        Assert.Equal(200, answer!.Status);
        Assert.Contains("\"remaining\":9", answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_stops_in_the_middle_of_a_body_charges_nothing()
    {
        using var service = new TestService();
        using (var half = new RawConnection(service.Port))
        {
            await half.SendAsync($"{Head}Content-Length: 100\r\n\r\n{{\"key\":\"half\"}}");
            half.EndSending();
            Assert.Null(await Whatever(half.ReadAsync()));
        }

        using var connection = new RawConnection(service.Port);
        await connection.SendAsync("GET /limit/check?key=half&cost=0 HTTP/1.1\r\nHost: x\r\n\r\n");
        Assert.Contains("\"remaining\":10", (await connection.ReadAsync())!.Body, StringComparison.Ordinal);

        // Anything but a 2xx may come, or nothing.
        static async Task<RawResponse?> Whatever(Task<RawResponse?> reading) => await reading is { Status: < 300 } wrong ? wrong : null;
    }

    [Fact]
    public async Task Requests_one_behind_the_other_are_answered_in_their_order()
    {
        using var service = new TestService();
        using var connection = new RawConnection(service.Port);
        var requests = new StringBuilder();
        for (var i = 0; i < 12; i++)
            requests.Append(Head).Append("Content-Length: 14\r\n\r\n{\"key\":\"pipe\"}");
        await connection.SendAsync(requests.ToString());

        for (var i = 0; i < 12; i++)
        {
            var answer = await connection.ReadAsync();
            Assert.Equal(i < 10 ? 200 : 429, answer!.Status);
            Assert.Contains(
                $"\"remaining\":{Math.Max(0, 9 - i).ToString(CultureInfo.InvariantCulture)},", answer.Body, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task From_the_moment_that_it_is_told_to_stop_every_answer_ends_its_connection()
    {
        using var service = new TestService(settings: new Dictionary<string, string> { ["DRAIN_SECONDS"] = "5" });
        var clients = Enumerable.Range(0, 48).Select(_ => new RawConnection(service.Port)).ToList();
        await Task.WhenAll(clients.Select(client => AskAsync(client, null)));

        var stopped = service.Services.GetRequiredService<IHost>().StopAsync(TestContext.Current.CancellationToken);
        service.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication(); // as SIGTERM does, before anything ends

        await Task.WhenAll(clients.Select(client => AskAsync(client, "close")));
        using (var late = new RawConnection(service.Port))
            await AskAsync(late, "close");
        service.Clock.Advance(TimeSpan.FromSeconds(5));
        await stopped;
        clients.ForEach(client => client.Dispose());

        static async Task AskAsync(RawConnection client, string? connection)
        {
            await client.SendAsync("GET /limit/check?key=k HTTP/1.1\r\nHost: x\r\n\r\n");
            var answer = await client.ReadAsync();
            Assert.Equal((200, connection), (answer!.Status, answer.Header("Connection")));
        }
    }

    [Fact]
    public async Task A_request_under_way_is_answered_when_the_service_stops()
    {
        using var service = new TestService();
        using var waiting = new RawConnection(service.Port);
        var stopping = service.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;

        // Expect: 100-continue tells when the service has begun to read the body.
        await waiting.SendAsync(Head + "Expect: 100-continue\r\nContent-Length: 14\r\n\r\n");
        Assert.Equal(100, (await waiting.ReadAsync())!.Status);
        var stopped = service.Services.GetRequiredService<IHost>().StopAsync(TestContext.Current.CancellationToken);
        Assert.True(stopping.IsCancellationRequested);
        await waiting.SendAsync("{\"key\":\"stop\"}");

        var answer = await waiting.ReadAsync();
        Assert.Equal(200, answer!.Status);
        await stopped;
    }

    [Theory]
    [InlineData("GET", "/limit/check?key=k", "X-Api-Key: wrong", 401)]
    [InlineData("GET", "/limit/check?key=k&policy=none", null, 404)]
    [InlineData("GET", "/limit/check?key=k&tenant=dev-pro", null, 401)]
    [InlineData("GET", "/limit/check?key=k&kee=1", null, 400)]
    [InlineData("POST", "/limit/incr", "X-Api-Key: wrong", 401)]
    [InlineData("POST", "/limit/refund", null, 403)]
    [InlineData("DELETE", "/limit/default/k?tenant=none", "X-Operator-Key: dev-operator-key", 404)]
    [InlineData("DELETE", "/limit/default/k?tenant=public", null, 401)]
    [InlineData("GET", "/limit/none", null, 404)]
    [InlineData("PUT", "/limit/check", null, 405)]
    [InlineData("GET", "/sales/00000000-0000-0000-0000-000000000000", null, 404)]
    [InlineData("GET", "/sales/00000000-0000-0000-0000-000000000000/draw", null, 404)]
    [InlineData("GET", "/sales/00000000-0000-0000-0000-000000000000/queue", null, 401)]
    [InlineData("GET", "/sales?satus=open", null, 400)]
    [InlineData("GET", "/ticket/receipts", null, 401)]
    [InlineData("GET", "/admin/sales/00000000-0000-0000-0000-000000000000/valve", null, 401)]
    [InlineData("POST", "/auth/login", null, 400)]
    [InlineData("POST", "/auth/logout", null, 401)]
    public async Task No_refusal_may_be_kept_by_a_cache(string method, string path, string? header, int status)
    {
        using var service = new TestService();
        using var connection = new RawConnection(service.Port);
        await connection.SendAsync(
            $"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n{(header is null ? "" : header + "\r\n")}\r\n");
        var refused = await connection.ReadAsync();
        Assert.Equal((status, "no-store"), (refused!.Status, refused.Header("Cache-Control")));
    }
}
