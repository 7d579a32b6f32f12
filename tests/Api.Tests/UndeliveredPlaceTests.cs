using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Core.Ports;
using OrleansLimiter.Engines.Memory;
using OrleansLimiter.ServiceKit;
using Xunit;

namespace OrleansLimiter.Api.Tests;

/// <summary>A place whose caller went away before it was told is given back, or short-lived; one that was told is held.</summary>
public sealed class UndeliveredPlaceTests : IStartupFilter
{
    private const string Call = """{"key":"k","policy":"concurrency"}""";
    private const string Batch = """{"checks":[{"key":"k","policy":"concurrency"},{"key":"k","policy":"concurrency"}]}""";

    private const string CallWithId = """{"key":"k","policy":"exact-concurrency","requestId":"once"}""";
    private const string BatchWithId = """{"checks":[{"key":"k","policy":"exact-concurrency","requestId":"once"}]}""";

    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _gone = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Theory]
    [InlineData("/limit/incr", Call)]
    [InlineData("/limit/batch", Batch)]
    public async Task A_caller_that_resets_its_connection_leaves_no_place_behind(string path, string body)
    {
        using var service = await ResetAsync(path, body);
        Assert.Equal(10, await RemainingAsync(service, "concurrency"));
    }

    [Theory]
    [InlineData("/limit/incr", CallWithId)]
    [InlineData("/limit/batch", BatchWithId)]
    public async Task A_caller_with_a_request_id_may_ask_again_and_leaves_no_place_behind_if_it_does_not(string path, string body)
    {
        using var service = await ResetAsync(path, body);
        service.Clock.Advance(LeaseId.ProvisionalLife - TimeSpan.FromMicroseconds(1));
        Assert.Equal(99, await RemainingAsync(service, "exact-concurrency"));
        service.Clock.Advance(TimeSpan.FromMicroseconds(1));
        Assert.Equal(100, await RemainingAsync(service, "exact-concurrency"));
    }

    [Theory]
    [InlineData("/limit/incr", CallWithId)]
    [InlineData("/limit/incr", """{"key":"k","policy":"exact-concurrency"}""")]
    [InlineData("/limit/batch", BatchWithId)]
    public async Task A_caller_who_was_told_of_a_place_has_it_for_its_whole_time(string path, string body)
    {
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var service = new TestService(configure: services => services.AddSingleton<ILimitEngine>(
            provider => new RenewedEngine(new MemoryEngine(new MemoryEngineOptions(), provider.GetRequiredService<TimeProvider>()), held)));
        using var client = service.Connect();
        using (var answer = await client.PostAsync(
            path, new StringContent(body, Encoding.UTF8, "application/json"), TestContext.Current.CancellationToken))
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        await held.Task.WaitAsync(RawConnection.Patience, TestContext.Current.CancellationToken);
        service.Clock.Advance(TimeSpan.FromSeconds(3_599));
        Assert.Equal(99, await RemainingAsync(service, "exact-concurrency"));
        service.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(100, await RemainingAsync(service, "exact-concurrency"));
    }

    /// <summary>A service whose caller went away before it was told of its places.</summary>
    private async Task<TestService> ResetAsync(string path, string body)
    {
        var service = new TestService(configure: services => services
            .AddSingleton<ILimitEngine>(provider =>
                new WaitingEngine(new MemoryEngine(new MemoryEngineOptions(), provider.GetRequiredService<TimeProvider>()), _asked,
                _gone.Task))
            .AddSingleton<IStartupFilter>(this));
        using (var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))
        {
            await client.ConnectAsync(IPAddress.Loopback, service.Port, TestContext.Current.CancellationToken);
            await client.SendAsync(Encoding.ASCII.GetBytes(
                $"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}"));
            await _asked.Task.WaitAsync(RawConnection.Patience, TestContext.Current.CancellationToken);
            client.LingerState = new LingerOption(true, 0);
        }

        await _ended.Task.WaitAsync(RawConnection.Patience, TestContext.Current.CancellationToken);
        return service;
    }

    private static async Task<long> RemainingAsync(TestService service, string policy)
    {
        using var client = service.Connect();
        using var answer = System.Text.Json.JsonDocument.Parse(
            await client.GetStringAsync($"/limit/check?key=k&policy={policy}", TestContext.Current.CancellationToken));
        return answer.RootElement.GetProperty("remaining").GetInt64();
    }

    /// <inheritdoc />
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use(following => async context =>
        {
            if (context.Request.Method == "POST")
            {
                // Callbacks run from the last to the first: this one after all of the service's own.
                context.Response.OnCompleted(() =>
                {
                    _ended.TrySetResult();
                    return Task.CompletedTask;
                });
                context.RequestAborted.Register(() => _gone.TrySetResult());
            }

            await following(context);
        });
        next(app);
    };

    /// <summary>An engine whose acquires are answered when the caller has gone.</summary>
    private sealed class WaitingEngine(MemoryEngine inner, TaskCompletionSource asked, Task gone) : ILimitEngine
    {
        public string Source => inner.Source;

        public async ValueTask<EngineReply> ExecuteAsync(LimitRequest request, CancellationToken cancellationToken)
        {
            if (request.Operation == Operation.Acquire)
            {
                asked.TrySetResult();
                await gone;
            }

            return inner.Execute(request);
        }
    }

    /// <summary>An engine that says when a place was renewed.</summary>
    private sealed class RenewedEngine(MemoryEngine inner, TaskCompletionSource renewed) : ILimitEngine
    {
        public string Source => inner.Source;

        public ValueTask<EngineReply> ExecuteAsync(LimitRequest request, CancellationToken cancellationToken)
        {
            var reply = inner.Execute(request);
            if (request.Operation == Operation.Renew)
                renewed.TrySetResult();
            return new(reply);
        }
    }
}
