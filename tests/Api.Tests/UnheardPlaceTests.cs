using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Ports;
using OrleansLimiter.Engines.Memory;
using Xunit;

namespace OrleansLimiter.Api.Tests;

/// <summary>A place whose caller went away before it was told is given back.</summary>
public sealed class UnheardPlaceTests : IStartupFilter
{
    private const string Call = """{"key":"k","policy":"concurrency"}""";
    private const string Batch = """{"checks":[{"key":"k","policy":"concurrency"},{"key":"k","policy":"concurrency"}]}""";

    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _gone = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Theory]
    [InlineData("/limit/incr", Call)]
    [InlineData("/limit/batch", Batch)]
    public async Task A_caller_that_resets_its_connection_leaves_no_place_behind(string path, string body)
    {
        using var service = new Service(configure: services => services
            .AddSingleton<ILimitEngine>(provider => new WaitingEngine(new MemoryEngine(new MemoryEngineOptions(), provider.GetRequiredService<TimeProvider>()), _asked, _gone.Task))
            .AddSingleton<IStartupFilter>(this));
        using (var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))
        {
            await client.ConnectAsync(IPAddress.Loopback, service.Port, TestContext.Current.CancellationToken);
            await client.SendAsync(Encoding.ASCII.GetBytes($"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}"));
            await _asked.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
            client.LingerState = new LingerOption(true, 0);
        }

        await _ended.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        using var other = service.Connect();
        Assert.Contains("\"remaining\":10,", await other.GetStringAsync("/limit/check?key=k&policy=concurrency", TestContext.Current.CancellationToken), StringComparison.Ordinal);
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
}
