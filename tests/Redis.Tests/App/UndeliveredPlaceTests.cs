using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansLimiter.AspNetCore;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Engines.Redis;
using OrleansLimiter.Policies;
using OrleansLimiter.Service;
using OrleansLimiter.Tenants;
using Xunit;

namespace OrleansLimiter.Redis.Tests.App;

/// <summary>Places of a concurrency limit whose callers were not answered in time, on a real server.</summary>
public sealed class UndeliveredPlaceTests
{
    private const int Places = 100;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Places_that_a_paused_server_gave_out_too_late_are_free_again()
    {
        await using var server = await RedisServer.StartAsync();
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseTestServer();
        builder.Logging.ClearProviders();
        builder.AddOrleansLimiter(options => options.Policies["places"] = new PolicyOptions
        {
            Algorithm = Algorithm.Concurrency,
            Limit = Places,
            Window = TimeSpan.FromHours(1),
            OnUnavailable = OnUnavailable.Deny,
        }).AddRedisEngine($"redis://{server.Address}");
        await using var app = builder.Build();
        await app.StartAsync(Cancellation);
        var service = app.Services.GetRequiredService<LimitService>();
        Assert.True(app.Services.GetRequiredService<PolicyCatalog>().TryGet("places", out var policy));
        var handle = service.HandleFor(Tenant.Own, policy);
        var key = SubjectKey.Of(handle.Scope, "one");
        await UntilAsync(async () => await RemainingAsync() == Places);

        // Longer than the client waits for an answer, and so long that all ask meanwhile, on a busy machine too.
        await server.CommandAsync("CLIENT", "PAUSE", "3000");
        var asked = await Task.WhenAll(
            Enumerable.Range(0, Places).Select(_ => service.ExecuteAsync(handle, key, Operation.Acquire, Permits.One).AsTask()));

        Assert.All(asked, answer => Assert.Equal(LimitAnswerKind.Unavailable, answer.Kind));
        await UntilAsync(async () => await RemainingAsync() == Places);

        async Task<long?> RemainingAsync() =>
            await service.ExecuteAsync(handle, key, Operation.Peek, Permits.Zero) is { Kind: LimitAnswerKind.Decided } answer
                ? answer.Decision.Remaining
                : null;
    }

    private static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        limit.CancelAfter(TestEngine.Limit);
        await Poll.UntilAsync(isSo, limit.Token);
    }
}
