using OrleansLimiter.ServiceKit;
using Xunit;

namespace OrleansLimiter.Api.Tests;

/// <summary>Under which names the service answers: a page of another site whose name leads here must not speak to it.</summary>
public sealed class HostTests
{
    private const string Default = "";

    [Theory]
    [InlineData("evil.example")]
    [InlineData("evil.example:4000")]
    [InlineData("localhost.evil.example")]
    [InlineData("127.0.0.1.evil.example")]
    [InlineData("192.0.2.1")]
    public async Task Development_refuses_another_host_on_every_route_and_charges_nothing(string host)
    {
        using var service = WithHosts(Default);
        using var connection = new RawConnection(service.Port);

        foreach (var request in (string[])["POST /limit/incr", "POST /admin/dev/users", "GET /health/live", "GET /sales", "GET /nothing"])
        {
            await connection.SendAsync(
                $"{request} HTTP/1.1\r\nHost: {host}\r\nX-Operator-Key: dev-operator-key\r\nContent-Length: 0\r\n\r\n");
            var refused = await connection.ReadAsync();
            Assert.Equal((400, "application/problem+json", "nosniff"),
                (refused!.Status, refused.Header("Content-Type"), refused.Header("X-Content-Type-Options")));
            Assert.Contains("\"field\":\"Host\"", refused.Body, StringComparison.Ordinal);
            Assert.DoesNotContain("evil", refused.Body, StringComparison.Ordinal);
            Assert.Null(refused.Header("RateLimit"));
        }

        Assert.DoesNotContain(service.Log.Lines, line => line.Contains("evil", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Host: localhost")]
    [InlineData("Host: LOCALHOST:4000")]
    [InlineData("Host: 127.0.0.1:4000")]
    [InlineData("Host: [::1]:4000")]
    [InlineData("Host: [::1]")]
    public async Task Development_answers_under_this_machines_own_names(string host)
    {
        using var service = WithHosts(Default);
        using var connection = new RawConnection(service.Port);
        await connection.SendAsync($"GET /limit/check?key=k HTTP/1.1\r\n{host}\r\n\r\n");
        Assert.Equal(200, (await connection.ReadAsync())!.Status);
    }

    [Fact]
    public async Task Who_names_no_host_is_no_browser_and_is_answered()
    {
        using var service = WithHosts(Default);
        using var connection = new RawConnection(service.Port);
        await connection.SendAsync("GET /limit/check?key=k HTTP/1.0\r\n\r\n");
        Assert.Equal(200, (await connection.ReadAsync())!.Status);
    }

    [Theory]
    [InlineData("shop.example.com;*.example.org", "shop.example.com", 200)]
    [InlineData("shop.example.com;*.example.org", "a.b.EXAMPLE.org:80", 200)]
    [InlineData("shop.example.com;*.example.org", "example.org", 400)]
    [InlineData("shop.example.com;*.example.org", "badexample.org", 400)]
    [InlineData("shop.example.com;*.example.org", "localhost", 400)]
    [InlineData("*", "evil.example", 200)]
    public async Task AllowedHosts_says_which_names_there_are(string hosts, string host, int status)
    {
        using var service = WithHosts(hosts);
        using var connection = new RawConnection(service.Port);
        await connection.SendAsync($"GET /limit/check?key=k HTTP/1.1\r\nHost: {host}\r\n\r\n");
        Assert.Equal(status, (await connection.ReadAsync())!.Status);
    }

    [Fact]
    public async Task Production_answers_under_any_name_unless_told_otherwise()
    {
        using var service = new TestService("Production", new Dictionary<string, string>
        {
            ["AllowedHosts"] = Default,
            ["OPERATIONS_PORT"] = "0",
        });
        using var connection = new RawConnection(service.Port);
        await connection.SendAsync("GET /sales HTTP/1.1\r\nHost: shop.example.com\r\n\r\n");
        Assert.Equal(200, (await connection.ReadAsync())!.Status);
    }

    private static TestService WithHosts(string hosts) => new(settings: new Dictionary<string, string> { ["AllowedHosts"] = hosts });
}
