using System.Globalization;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using OrleansLimiter.ServiceKit;
using OrleansLimiter.TestKit.Processes;
using Xunit;

namespace OrleansLimiter.Api.Tests.Connections;

/// <summary>What a client may hold of the service: connections, and the time that it takes to say something.</summary>
public sealed class ConnectionLimitTests
{
    private const int Max = 16;
    private const string Look = "GET /limit/check?key=k HTTP/1.1\r\nHost: x\r\n\r\n";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_connection_too_many_is_answered_503_and_those_that_are_there_are_served_on()
    {
        using var service = Bounded();
        using var flood = await Flood.OpenAsync(service.Port);
        using var late = new RawConnection(service.Port);
        await late.SendAsync(Look);

        var refused = await late.ReadAsync();

        Assert.Equal((503, "1", "close", "nosniff"),
            (refused!.Status, refused.Header("Retry-After"), refused.Header("Connection"), refused.Header("X-Content-Type-Options")));
        Assert.Equal("application/problem+json", refused.Header("Content-Type"));
        Assert.Contains("\"reason\":\"tooManyConnections\"", refused.Body, StringComparison.Ordinal);
        await flood.Connections[0].SendAsync(Look);
        Assert.Equal(200, (await flood.Connections[0].ReadAsync())!.Status);
    }

    [Fact]
    public async Task A_place_is_free_again_when_its_connection_is_closed()
    {
        using var service = Bounded();
        using var flood = await Flood.OpenAsync(service.Port);
        flood.Connections[3].Close();

        var status = 0;
        while (status != 200) // the server learns of it in its own time
        {
            Assert.True(status is 0 or 503);
            using var next = new RawConnection(service.Port);
            await next.SendAsync(Look);
            status = (await next.ReadAsync())!.Status;
        }
    }

    [Fact]
    public async Task A_connection_too_many_that_says_nothing_is_cut_off_in_a_quarter_of_a_second()
    {
        using var service = Bounded();
        using var flood = await Flood.OpenAsync(service.Port);
        using var mute = new RawConnection(service.Port);
        await mute.SendAsync(string.Empty);
        var reading = mute.ReadAsync();

        // Other timers fall due at such times too, so it is not known when the refusal's own has begun.
        await Eventually.TrueAsync("it was cut off", () =>
        {
            service.Clock.Advance(TimeSpan.FromMilliseconds(250));
            return Task.FromResult(reading.IsCompleted);
        }, TestContext.Current.CancellationToken);
        Assert.Null(await reading);
    }

    [Fact]
    public async Task Operators_have_connections_of_their_own()
    {
        using var service = Bounded(("OPERATIONS_PORT", "0"));
        using var flood = await Flood.OpenAsync(service.Port);
        using var operators = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{service.OperationsPort}") };

        Assert.Equal("""{"status":"live"}""", await operators.GetStringAsync("/health/live", Cancellation));
    }

    [Fact]
    public async Task Refusals_are_counted_and_told_in_one_line_a_second()
    {
        using var service = Bounded(("OPERATIONS_PORT", "0"));
        using var flood = await Flood.OpenAsync(service.Port);
        for (var i = 0; i < 5; i++)
        {
            using var late = new RawConnection(service.Port);
            await late.SendAsync(Look);
            Assert.Equal(503, (await late.ReadAsync())!.Status);
        }

        using var operators = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{service.OperationsPort}") };
        var metrics = await operators.GetStringAsync("/metrics", Cancellation);
        Assert.Contains("orleanslimiter_http_connections_refused_total{listener=\"public\"} 5\n", metrics, StringComparison.Ordinal);
        Assert.Contains("orleanslimiter_http_connections{listener=\"public\"} 16\n", metrics, StringComparison.Ordinal);
        Assert.Contains("orleanslimiter_http_connections{listener=\"operations\"} 1\n", metrics, StringComparison.Ordinal);
        var line = Assert.Single(service.Log.Lines, line => line.Contains("were refused", StringComparison.Ordinal));
        Assert.StartsWith(
            "Warning OrleansLimiter.Hosting.Connections.ConnectionPlaces: Connections to the public listener were refused, 1 since the "
            + "last such line: 16 are open, and more may not be.", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_head_that_does_not_end_is_cut_off()
    {
        using var service = new TestService(settings: new Dictionary<string, string> { ["Connections:HeaderSeconds"] = "1" });
        using var slow = new RawConnection(service.Port);
        await slow.SendAsync("GET /limit/check?key=k HTTP/1.1\r\nHost:");

        Assert.Equal(408, (await slow.ReadAsync())!.Status);
    }

    [Fact]
    public void The_server_is_told_what_the_settings_say()
    {
        using var service = new TestService(settings: new Dictionary<string, string>
        {
            ["Connections:IdleSeconds"] = "7",
            ["Connections:HeaderSeconds"] = "3",
            ["Connections:MinBodyBytesPerSecond"] = "100",
        });
        using var plain = new TestService();

        Assert.Equal((7, 3, 100, 100, 5), LimitsOf(service));
        Assert.Equal((130, 10, 512, 512, 5), LimitsOf(plain));
    }

    private static (double Idle, double Header, double? Body, double? Response, double? Grace) LimitsOf(TestService service)
    {
        var limits = service.Services.GetRequiredService<IOptions<KestrelServerOptions>>().Value.Limits;
        return (limits.KeepAliveTimeout.TotalSeconds, limits.RequestHeadersTimeout.TotalSeconds,
            limits.MinRequestBodyDataRate?.BytesPerSecond, limits.MinResponseDataRate?.BytesPerSecond,
            limits.MinRequestBodyDataRate?.GracePeriod.TotalSeconds);
    }

    private static TestService Bounded(params (string Name, string Value)[] more)
    {
        var settings = new Dictionary<string, string> { ["Connections:MaxConnections"] = Max.ToString(CultureInfo.InvariantCulture) };
        foreach (var (name, value) in more)
            settings[name] = value;
        return new TestService(settings: settings);
    }

    /// <summary>As many connections as there may be, each answered once.</summary>
    private sealed class Flood : IDisposable
    {
        public List<RawConnection> Connections { get; } = [];

        public static async Task<Flood> OpenAsync(int port)
        {
            var flood = new Flood();
            for (var i = 0; i < Max; i++)
            {
                var connection = new RawConnection(port);
                flood.Connections.Add(connection);
                await connection.SendAsync(Look);
                Assert.Equal(200, (await connection.ReadAsync())!.Status);
            }

            return flood;
        }

        public void Dispose() => Connections.ForEach(connection => connection.Dispose());
    }
}
