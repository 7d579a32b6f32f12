using System.Net;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansLimiter.TestKit;
using Xunit;

namespace OrleansLimiter.AspNetCore.Tests;

/// <summary>A limit on a real gRPC service, as a real gRPC client sees it, though the endpoint has a page for refusals.</summary>
public sealed class GrpcCallTests : IAsyncLifetime
{
    private readonly FakeTimeProvider _clock = new();
    private WebApplication? _app;
    private GrpcChannel? _channel;

    private static CallOptions Options => new(cancellationToken: TestContext.Current.CancellationToken);

    [Fact]
    public async Task A_call_that_is_refused_is_RESOURCE_EXHAUSTED_and_its_trailers_tell_the_wait()
    {
        var calls = _channel!.CreateCallInvoker();
        Assert.Equal("hello", await calls.AsyncUnaryCall(EchoService.SayMethod, null, Options, "hello"));

        var refused = await Assert.ThrowsAsync<RpcException>(
            async () => await calls.AsyncUnaryCall(EchoService.SayMethod, null, Options, "hello"));
        Assert.Equal(
            (StatusCode.ResourceExhausted, "Rate limit exceeded. Try again in 60 seconds."), (refused.StatusCode, refused.Status.Detail));
        Assert.Equal(("60", "60000"), (refused.Trailers.GetValue("retry-after"), refused.Trailers.GetValue("grpc-retry-pushback-ms")));
        Assert.Equal("\"tight\";r=0;t=60", refused.Trailers.GetValue("ratelimit"));

        _clock.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal("again", await calls.AsyncUnaryCall(EchoService.SayMethod, null, Options, "again"));
    }

    [Fact]
    public async Task A_stream_that_is_refused_is_RESOURCE_EXHAUSTED_before_its_first_message()
    {
        var calls = _channel!.CreateCallInvoker();
        using (var first = calls.AsyncServerStreamingCall(EchoService.RepeatMethod, null, Options, "hello"))
        {
            var said = new List<string>();
            await foreach (var message in first.ResponseStream.ReadAllAsync(TestContext.Current.CancellationToken))
                said.Add(message);
            Assert.Equal(["hello", "hello"], said);
        }

        using var second = calls.AsyncServerStreamingCall(EchoService.RepeatMethod, null, Options, "hello");
        var refused = await Assert.ThrowsAsync<RpcException>(() => second.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        Assert.Equal((StatusCode.ResourceExhausted, "60"), (refused.StatusCode, refused.Trailers.GetValue("retry-after")));
    }

    [Fact]
    public async Task A_method_is_under_its_services_limit_and_its_own()
    {
        var calls = _channel!.CreateCallInvoker();
        Assert.Equal("hellohello", await calls.AsyncUnaryCall(AttributedEchoService.SayTwiceMethod, null, Options, "hello"));
        var refused = await Assert.ThrowsAsync<RpcException>(
            async () => await calls.AsyncUnaryCall(AttributedEchoService.SayTwiceMethod, null, Options, "hello"));
        Assert.Equal((StatusCode.ResourceExhausted, "60000"), (refused.StatusCode, refused.Trailers.GetValue("grpc-retry-pushback-ms")));
        Assert.Equal("\"wide\";q=2;w=60, \"tight\";q=1;w=60", refused.Trailers.GetValue("ratelimit-policy"));

        Assert.Equal("hello", await calls.AsyncUnaryCall(AttributedEchoService.SayOnceMethod, null, Options, "hello"));
        refused = await Assert.ThrowsAsync<RpcException>(
            async () => await calls.AsyncUnaryCall(AttributedEchoService.SayOnceMethod, null, Options, "hello"));
        Assert.Equal((StatusCode.ResourceExhausted, "30"), (refused.StatusCode, refused.Trailers.GetValue("retry-after")));
    }

    [Fact]
    public async Task A_service_of_a_group_is_under_its_limit()
    {
        var calls = _channel!.CreateCallInvoker();
        Assert.Equal("hello", await calls.AsyncUnaryCall(GroupedEchoService.SayGroupedMethod, null, Options, "hello"));
        var refused = await Assert.ThrowsAsync<RpcException>(
            async () => await calls.AsyncUnaryCall(GroupedEchoService.SayGroupedMethod, null, Options, "hello"));
        Assert.Equal(StatusCode.ResourceExhausted, refused.StatusCode);
    }

    /// <inheritdoc />
    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(
            kestrel => kestrel.Listen(IPAddress.Loopback, 0, listener => listener.Protocols = HttpProtocols.Http2));
        builder.Services.AddSingleton<TimeProvider>(_clock);
        builder.Services.AddGrpc();
        builder.AddOrleansLimiter(options =>
        {
            options.Policies["tight"] = App.Policy(1);
            options.Policies["wide"] = App.Policy(2);
            options.Policies["group"] = App.Policy(1);
        });
        _app = builder.Build();
        _app.MapGrpcService<EchoService>().RequireLimit("tight")
            .WriteLimitRefusal((context, _) => context.Response.WriteAsync("<p>later</p>"));
        _app.MapGrpcService<AttributedEchoService>();
        _app.MapGroup("").RequireLimit("group").MapGrpcService<GroupedEchoService>();
        await _app.StartAsync(TestContext.Current.CancellationToken);
        _channel = GrpcChannel.ForAddress(_app.Urls.Single());
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        _channel?.Dispose();
        if (_app is not null)
            await _app.DisposeAsync();
    }
}
