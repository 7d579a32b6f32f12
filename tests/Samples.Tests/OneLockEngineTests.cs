using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using OrleansLimiter.AspNetCore;
using OrleansLimiter.Conformance;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Hosting;
using Xunit;

namespace OrleansLimiter.Samples.Tests;

/// <summary>The engine that docs/engines.md shows: it is quoted word for word, it conforms, and it can be plugged in.</summary>
public sealed class OneLockEngineTests
{
    private static readonly LimitSpec One = LimitSpec.Of(Algorithm.TokenBucket, Bandwidth.Of(1, TimeSpan.FromMinutes(1)));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public Task Every_answer_is_the_cores() =>
        ConformanceSuite.RunAsync(new OneLockTarget(), firstSeed: 1, traces: 2_000, length: 60, Cancellation);

    [Theory]
    [InlineData("OneLockEngine.cs")]
    [InlineData("OneLockTarget.cs")]
    public void The_document_quotes_it_word_for_word(string file) =>
        Assert.Contains($"```csharp\n{RepositoryFile($"tests/Samples.Tests/{file}")}```\n", RepositoryFile("docs/engines.md"),
            StringComparison.Ordinal);

    [Fact]
    public async Task A_new_key_without_room_is_a_fault_until_another_is_whole()
    {
        var time = new FakeTimeProvider();
        var engine = new OneLockEngine(time, maxKeys: 1);

        Assert.True((await engine.ExecuteAsync(Request("a"), Cancellation)).Decision.IsAdmitted);
        Assert.Equal(EngineFault.KeyTableFull, (await engine.ExecuteAsync(Request("b"), Cancellation)).Fault);
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.True((await engine.ExecuteAsync(Request("b"), Cancellation)).Decision.IsAdmitted);
    }

    [Fact]
    public async Task Whoever_has_given_up_is_not_charged()
    {
        var engine = new OneLockEngine(new FakeTimeProvider(), maxKeys: 1);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await engine.ExecuteAsync(Request("a"), new CancellationToken(canceled: true)));
        Assert.True((await engine.ExecuteAsync(Request("a"), Cancellation)).Decision.IsAdmitted);
    }

    [Fact]
    public async Task An_app_that_plugs_it_in_is_answered_by_it()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseTestServer();
        builder.Logging.ClearProviders();
        builder.AddOrleansLimiter(limiter => limiter.Policies["orders"] =
            new() { Algorithm = Algorithm.TokenBucket, Limit = 1, Window = TimeSpan.FromHours(1), Key = "header:X-Customer" });
        builder.UseRemoteEngine(services => new OneLockEngine(services.GetRequiredService<TimeProvider>(), maxKeys: 1_000));
        await using var app = builder.Build();
        app.MapPost("/orders", () => "ordered").RequireLimit("orders");
        await app.StartAsync(Cancellation);
        using var client = app.GetTestClient();

        using var first = await client.PostAsync(new Uri("/orders", UriKind.Relative), null, Cancellation);
        using var second = await client.PostAsync(new Uri("/orders", UriKind.Relative), null, Cancellation);

        Assert.Equal((StatusCodes.Status200OK, StatusCodes.Status429TooManyRequests), ((int)first.StatusCode, (int)second.StatusCode));
        Assert.Contains("\"source\":\"one-lock\"", await second.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    private static LimitRequest Request(string subject) =>
        new(SubjectKey.Of(KeyScope.Of("acme", "orders"), subject), One, Operation.Acquire, Permits.Of(1));

    private static string RepositoryFile(string path)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "OrleansLimiter.sln")))
            folder = folder.Parent ?? throw new DirectoryNotFoundException(
                $"No folder above {AppContext.BaseDirectory} holds OrleansLimiter.sln.");
        return File.ReadAllText(Path.Combine(folder.FullName, path));
    }
}
