using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using OrleansLimiter.AspNetCore;
using OrleansLimiter.Core.Algorithms;
using Xunit;

namespace OrleansLimiter.Samples.Tests;

/// <summary>What docs/in-your-app.md shows for an app of one's own, as its test would hold it.</summary>
public sealed class OwnAppTests
{
    private const string Key = "a key of a tenant, of at least 32 characters";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Policies_in_code_a_cost_a_refund_a_listener_and_a_clock_of_ones_own()
    {
        var clock = new FakeTimeProvider();
        var refused = new List<string>();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseTestServer();
        builder.Services.AddSingleton<TimeProvider>(clock);
        builder.AddOrleansLimiter(limiter =>
        {
            limiter.Policies["reports"] = new()
            {
                Algorithm = Algorithm.TokenBucket,
                Limit = 10,
                Window = TimeSpan.FromMinutes(1),
                Key = "tenant",
            };
            limiter.Tenants.Add(new()
            {
                Name = "acme",
                KeySha256 = Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(Key))),
            });
        });
        await using var app = builder.Build();
        app.MapGet("/reports", async context =>
        {
            if (context.Request.Query.ContainsKey("cached"))
                await context.GetRequestLimits()!.RefundAsync("reports");
        })
            .RequireLimit("reports", cost: 5)
            .OnLimitRefused((context, answer) =>
            {
                refused.Add($"{context.Request.Path} {answer.Policy.Name} {answer.RetryAfter.SecondsUp}");
                return ValueTask.CompletedTask;
            });
        await app.StartAsync(Cancellation);
        using var client = app.GetTestClient();
        client.DefaultRequestHeaders.Add("X-Api-Key", Key);

        Assert.Equal(200, await AskAsync("?cached"));
        Assert.Equal(200, await AskAsync(""));
        Assert.Equal(200, await AskAsync(""));
        Assert.Equal(429, await AskAsync(""));
        Assert.Equal(["/reports reports 30"], refused);
        clock.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(200, await AskAsync(""));

        async Task<int> AskAsync(string query)
        {
            using var response = await client.GetAsync(new Uri("/reports" + query, UriKind.Relative), Cancellation);
            return (int)response.StatusCode;
        }
    }
}
