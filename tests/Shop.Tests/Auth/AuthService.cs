using System.Net.Http.Headers;
using System.Net.Http.Json;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using OrleansLimiter.ServiceKit;
using OrleansLimiter.Shop.Data;
using OrleansLimiter.TestKit;
using Xunit;

namespace OrleansLimiter.Shop.Tests.Auth;

/// <summary>
/// The service with its accounts, and a client of them. Passwords are hashed by a hasher that counts the work and does not do it.
/// </summary>
internal sealed class AuthService : IDisposable
{
    /// <summary>The password of everybody.</summary>
    public const string Password = "correct horse battery";

    private readonly TestService _service;
    private readonly HttpClient _client;

    /// <summary>Starts it.</summary>
    public AuthService(TestDatabase? database = null, FakeTimeProvider? clock = null, Action<IServiceCollection>? configure = null,
        params (string Name, string Value)[] more)
    {
        // The tests choose the address that they come from.
        var settings = new Dictionary<string, string> { ["Limiter:TrustedProxies:0"] = "127.0.0.1" };
        foreach (var (name, value) in more)
            settings[name] = value;
        _service = new TestService(
            settings: settings,
            database: database,
            clock: clock,
            configure: services =>
            {
                services.AddSingleton<IPasswordHasher<User>>(Hasher);
                configure?.Invoke(services);
            });
        _client = _service.Connect();
    }

    /// <summary>The hasher.</summary>
    public WorkHasher Hasher { get; } = new();

    /// <summary>The service.</summary>
    public TestService Service => _service;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Signs up.</summary>
    public Task<Reply> SignUpAsync(string email, string password = Password, string address = "192.0.2.1") =>
        PostAsync("/auth/signup", new { email, password }, address);

    /// <summary>Logs in.</summary>
    public Task<Reply> LogInAsync(string email, string password = Password, string address = "192.0.2.1") =>
        PostAsync("/auth/login", new { email, password }, address);

    /// <summary>Signs up and logs in.</summary>
    public async Task<Tokens> EnterAsync(string email, string address = "192.0.2.1")
    {
        Assert.Equal(201, (await SignUpAsync(email, address: address)).Status);
        return (await LogInAsync(email, address: address)).Tokens;
    }

    /// <summary>Exchanges a refresh token.</summary>
    public Task<Reply> RefreshAsync(string refreshToken, string address = "192.0.2.1") =>
        PostAsync("/auth/refresh-token", new { refreshToken }, address);

    /// <summary>Logs out, which any good access token may.</summary>
    public async Task<Reply> LogOutAsync(string? accessToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/auth/logout");
        if (accessToken is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", accessToken);
        return await SendAsync(request);
    }

    /// <summary>Posts a body.</summary>
    public async Task<Reply> PostAsync(string path, object body, string address = "192.0.2.1", (string Name, string Value)? header = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body) };
        request.Headers.Add("X-Forwarded-For", address);
        if (header is { } more)
            request.Headers.Add(more.Name, more.Value);
        return await SendAsync(request);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _client.Dispose();
        _service.Dispose();
    }

    private async Task<Reply> SendAsync(HttpRequestMessage request)
    {
        using var response = await _client.SendAsync(request, Cancellation);
        return await Reply.ReadAsync(response, Cancellation);
    }
}
