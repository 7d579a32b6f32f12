using System.Net;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using OrleansLimiter.Samples.Endpoints;
using Xunit;

namespace OrleansLimiter.Samples.Tests;

/// <summary>The app that docs/endpoints.md shows: what it quotes is what is built, and every kind of endpoint in it is limited.</summary>
public sealed class EndpointKindsTests : IDisposable
{
    private readonly WebApplicationFactory<CatalogController> _app = new WebApplicationFactory<CatalogController>()
        .WithWebHostBuilder(host => host.ConfigureTestServices(services => services.AddSingleton<TimeProvider>(new FakeTimeProvider())));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("POST", "/api/orders", 200)]
    [InlineData("GET", "/report", 200)]
    [InlineData("GET", "/device", 200)]
    [InlineData("GET", "/host", 200)]
    [InlineData("POST", "/login", 200)]
    [InlineData("GET", "/catalog/search?q=x", 200)]
    [InlineData("GET", "/Offers", 200)]
    [InlineData("GET", "/elsewhere/x", 502)]
    [InlineData("GET", "/hello.txt", 200)]
    [InlineData("GET", "/no/such/thing", 404)]
    public async Task Twice_a_minute_and_no_more(string method, string path, int status)
    {
        using var client = _app.CreateClient();
        Assert.Equal([status, status, 429], [await AskAsync(), await AskAsync(), await AskAsync()]);

        async Task<int> AskAsync()
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), path);
            using var response = await client.SendAsync(request, Cancellation);
            return (int)response.StatusCode;
        }
    }

    [Fact]
    public async Task A_chat_is_limited_by_its_connections_and_by_what_is_said()
    {
        await using var first = await ConnectAsync("chat", HttpTransportType.LongPolling);
        await using var second = await ConnectAsync("chat", HttpTransportType.LongPolling);
        Assert.Equal(
            HttpStatusCode.TooManyRequests,
            (await Assert.ThrowsAsync<HttpRequestException>(() => ConnectAsync("chat", HttpTransportType.LongPolling))).StatusCode);

        await first.InvokeAsync("Say", "one", Cancellation);
        await second.InvokeAsync("Say", "two", Cancellation);
        await Assert.ThrowsAsync<HubException>(() => first.InvokeAsync("Say", "three", Cancellation));
    }

    [Fact]
    public async Task A_feed_is_had_once_at_a_time()
    {
        await using var first = await ConnectAsync("feed", HttpTransportType.ServerSentEvents);
        Assert.Equal(
            HttpStatusCode.TooManyRequests,
            (await Assert.ThrowsAsync<HttpRequestException>(() => ConnectAsync("feed", HttpTransportType.ServerSentEvents))).StatusCode);
    }

    [Fact]
    public async Task A_gRPC_method_is_limited()
    {
        using var channel = GrpcChannel.ForAddress("http://localhost",
            new GrpcChannelOptions { HttpHandler = _app.Server.CreateHandler() });
        var calls = channel.CreateCallInvoker();
        var options = new CallOptions(cancellationToken: Cancellation);
        for (var i = 0; i < 2; i++)
            Assert.Equal("x", await calls.AsyncUnaryCall(EchoService.SayMethod, null, options, "x"));
        var refused = await Assert.ThrowsAsync<RpcException>(
            async () => await calls.AsyncUnaryCall(EchoService.SayMethod, null, options, "x"));
        Assert.Equal(StatusCode.ResourceExhausted, refused.StatusCode);
    }

    [Fact]
    public async Task Every_response_tells_of_the_limit_of_all_but_that_of_what_is_exempt()
    {
        using var client = _app.CreateClient();
        using var limited = await client.GetAsync(new Uri("/api/prices", UriKind.Relative), Cancellation);
        using var exempt = await client.GetAsync(new Uri("/health", UriKind.Relative), Cancellation);
        Assert.Equal("\"everything\";q=1000;w=60, \"api\";q=100;w=60", Assert.Single(limited.Headers.GetValues("RateLimit-Policy")));
        Assert.False(exempt.Headers.Contains("RateLimit-Policy"));
    }

    [Fact]
    public void The_documentation_shows_what_is_built()
    {
        var built = Directory.EnumerateFiles(Path.Combine(Root, "samples/Endpoints"), "*.cs*", SearchOption.AllDirectories)
            .Where(path => !path.Contains("/obj/", StringComparison.Ordinal) && !path.Contains("/bin/", StringComparison.Ordinal))
            .Select(path => string.Join('\n', LinesOf(File.ReadAllText(path))))
            .ToList();
        var blocks = File.ReadAllText(Path.Combine(Root, "docs/endpoints.md")).Split("```csharp\n").Skip(1)
            .Select(part => part.Split("```", 2)[0]).ToList();

        Assert.True(blocks.Count > 10);
        Assert.All(
            blocks, block => Assert.Contains(built, file => file.Contains(string.Join('\n', LinesOf(block)), StringComparison.Ordinal)));
    }

    /// <inheritdoc />
    public void Dispose() => _app.Dispose();

    private async Task<HubConnection> ConnectAsync(string path, HttpTransportType transport)
    {
        var connection = new HubConnectionBuilder()
            .WithUrl($"http://localhost/{path}", transport, options => options.HttpMessageHandlerFactory = _ => _app.Server.CreateHandler())
            .Build();
        await connection.StartAsync(Cancellation);
        return connection;
    }

    private static IEnumerable<string> LinesOf(string text) => text.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0);

    private static string Root
    {
        get
        {
            var folder = new DirectoryInfo(AppContext.BaseDirectory);
            while (!File.Exists(Path.Combine(folder.FullName, "OrleansLimiter.sln")))
                folder = folder.Parent ?? throw new DirectoryNotFoundException("No folder above holds OrleansLimiter.sln.");
            return folder.FullName;
        }
    }
}
