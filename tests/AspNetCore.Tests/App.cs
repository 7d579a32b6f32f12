using System.Net;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Policies;
using OrleansLimiter.Service;
using OrleansLimiter.Tenants;
using OrleansLimiter.TestKit;
using OrleansLimiter.TestKit.Processes;
using Xunit;

namespace OrleansLimiter.AspNetCore.Tests;

/// <summary>
/// An application with the limiter in it, on a test server, with a clock that stands still. Policies are 3 per minute unless said
/// otherwise.
/// </summary>
internal sealed class App : IAsyncDisposable
{
    private readonly WebApplication _app;

    private App(WebApplication app, FakeTimeProvider clock)
    {
        _app = app;
        Clock = clock;
    }

    /// <summary>The clock.</summary>
    public FakeTimeProvider Clock { get; }

    /// <summary>What its clients are connected to.</summary>
    public TestServer Server => _app.GetTestServer();

    /// <summary>Its services.</summary>
    public IServiceProvider Services => _app.Services;

    /// <summary>Who decides.</summary>
    public LimitService Service => _app.Services.GetRequiredService<LimitService>();

    /// <summary>The policies.</summary>
    public PolicyCatalog Policies => _app.Services.GetRequiredService<PolicyCatalog>();

    /// <summary>Starts an application.</summary>
    public static async Task<App> StartAsync(
        Action<WebApplication> map,
        Action<LimiterOptions>? policies = null,
        (string Name, string Value)[]? settings = null,
        string environment = "Development",
        Action<IServiceCollection>? configure = null,
        FakeTimeProvider? clock = null,
        Action<WebApplicationBuilder>? again = null)
    {
        clock ??= new FakeTimeProvider();
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { EnvironmentName = environment });
        builder.WebHost.UseTestServer();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<TimeProvider>(clock);
        builder.Configuration.AddInMemoryCollection(
            (settings ?? []).Select(setting => KeyValuePair.Create(setting.Name, (string?)setting.Value)));
        configure?.Invoke(builder.Services);
        builder.AddOrleansLimiter(policies);
        again?.Invoke(builder);
        var app = builder.Build();

        // Plays an authentication scheme: who says so in a header is somebody.
        app.Use((context, next) =>
        {
            if (context.Request.Headers["Test-User"] is [{ } user])
                context.User = new ClaimsPrincipal(
                    new ClaimsIdentity([new Claim(context.Request.Headers["Test-Claim"].FirstOrDefault() ?? "sub", user)], "test"));
            return next(context);
        });
        map(app);
        await app.StartAsync();
        return new App(app, clock);
    }

    /// <summary>Starts an application with the policies <c>wide</c>, 9 a minute, and <c>tight</c>, 1 a minute.</summary>
    public static Task<App> StartWideAndTightAsync(
        Action<WebApplication> map, Action<IServiceCollection>? configure = null, string environment = "Development") => StartAsync(
            map,
            options =>
            {
                options.Policies["wide"] = Policy(9);
                options.Policies["tight"] = Policy(1);
            },
            environment: environment,
            configure: configure);

    /// <summary>A middleware that knows nobody.</summary>
    public static Task Unauthorized(HttpContext context, RequestDelegate next)
    {
        context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        return Task.CompletedTask;
    }

    /// <summary>A policy of so many permits a minute.</summary>
    public static PolicyOptions Policy(long limit = 3, string? key = "ip", Algorithm algorithm = Algorithm.TokenBucket) =>
        new() { Algorithm = algorithm, Limit = limit, Window = TimeSpan.FromMinutes(1), Key = key };

    /// <summary>Settings of tenants with these keys: <c>tenant-0</c> and so on.</summary>
    public static (string Name, string Value)[] TenantsWithKeys(params string[] keys) =>
    [
        .. keys.SelectMany<string, (string, string)>((key, i) =>
            [($"Tenants:{i}:Name", $"tenant-{i}"),
                ($"Tenants:{i}:KeySha256", Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key))))]),
    ];

    /// <summary>Sends a request, and waits until the application has done all that it does for it: its body ends only then.</summary>
    public async Task<HttpContext> SendAsync(
        string path, string address = "203.0.113.7", string method = "GET", params (string Name, string Value)[] headers)
    {
        var answered = await _app.GetTestServer().SendAsync(context =>
        {
            context.Request.Method = method;
            context.Request.Path = path;
            context.Connection.RemoteIpAddress = IPAddress.Parse(address);
            foreach (var (name, value) in headers)
                context.Request.Headers.Append(name, value);
        });
        var body = new MemoryStream();
        await answered.Response.Body.CopyToAsync(body);
        body.Position = 0;
        answered.Response.Body = body;
        return answered;
    }

    /// <summary>What remains of the usual address under a policy.</summary>
    public async Task<long> RemainingAsync(string policy)
    {
        var handle = Service.HandleFor(Tenant.Own, Policies.TryGet(policy, out var found) ? found : throw new ArgumentException(policy));
        var answer = await Service.ExecuteAsync(handle, SubjectKey.Of(handle.Scope, "203.0.113.7"), Operation.Peek, Permits.Zero);
        return answer.Decision.Remaining;
    }

    /// <summary>Waits until something waits for so long.</summary>
    public Task UntilSomebodyWaitsAsync(TimeSpan wait) =>
        Eventually.TrueAsync(
            $"somebody waits for {wait}", () => Task.FromResult(Clock.IsDueIn(wait)), TestContext.Current.CancellationToken);

    /// <summary>Sends a request; its status.</summary>
    public async Task<int> StatusAsync(string path, string address = "203.0.113.7", params (string Name, string Value)[] headers) =>
        (await SendAsync(path, address, "GET", headers)).Response.StatusCode;

    /// <summary>A response's body.</summary>
    public static async Task<string> BodyOf(HttpContext context)
    {
        using var reader = new StreamReader(context.Response.Body);
        return await reader.ReadToEndAsync();
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
