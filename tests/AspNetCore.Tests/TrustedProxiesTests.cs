using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;


namespace OrleansLimiter.AspNetCore.Tests;

public sealed class TrustedProxiesTests
{
    [Theory]
    [InlineData("10.0.0.7", "198.51.100.1", "198.51.100.1")] // the proxy is believed
    [InlineData("10.0.0.8", "198.51.100.1", "10.0.0.8")] // a stranger is not
    [InlineData("10.1.2.3", "198.51.100.1", "198.51.100.1")] // a network
    [InlineData("::ffff:10.0.0.7", "198.51.100.1", "198.51.100.1")] // the proxy on a dual-mode socket
    [InlineData("fd00::9", "2001:db8::1", "2001:db8::1")]
    [InlineData("10.0.0.7", "6.6.6.6, 198.51.100.1", "198.51.100.1")] // what the client wrote itself stands to the left
    [InlineData("10.0.0.7", "6.6.6.6, 198.51.100.1, 10.1.2.3", "198.51.100.1")] // two proxies in a row
    [InlineData("10.0.0.7", "198.51.100.1:4711", "198.51.100.1")]
    [InlineData("10.0.0.7", "nonsense", "10.0.0.7")]
    [InlineData("10.0.0.7", "", "10.0.0.7")]
    public async Task The_client_is_the_first_address_that_no_trusted_proxy_vouches_for(string socket, string forwardedFor, string client)
    {
        await using var app = await Start(
            ("Limiter:TrustedProxies:0", "10.0.0.7"), ("Limiter:TrustedProxies:1", "10.1.0.0/16"),
            ("Limiter:TrustedProxies:2", "fd00::/8"));
        Assert.Equal(client, await App.BodyOf(await app.SendAsync("/", socket, "GET", ("X-Forwarded-For", forwardedFor))));
    }

    [Theory]
    [InlineData("10.0.0.7", "for=198.51.100.1", "198.51.100.1")]
    [InlineData("10.0.0.8", "for=198.51.100.1", "10.0.0.8")]
    [InlineData("10.0.0.7", "proto=https; For=\"198.51.100.1:4711\";by=10.0.0.7", "198.51.100.1")]
    [InlineData("10.0.0.7", "for=\"[2001:db8::1]:4711\"", "2001:db8::1")]
    [InlineData("10.0.0.7", "for=\"[2001:db8::1]\"", "2001:db8::1")]
    [InlineData("10.0.0.7", "for=6.6.6.6, for=198.51.100.1, for=10.1.2.3", "198.51.100.1")]
    [InlineData("10.0.0.7", "for=\"6.6.6.6, for=198.51.100.1", "198.51.100.1")] // a quote that the client left open
    [InlineData("10.0.0.7", "for=unknown", "10.0.0.7")]
    [InlineData("10.0.0.7", "for=_hidden", "10.0.0.7")]
    [InlineData("10.0.0.7", "for=198.51.100.1, for=unknown", "10.0.0.7")]
    [InlineData("10.0.0.7", "for=7", "10.0.0.7")]
    [InlineData("10.0.0.7", "proto=https", "10.0.0.7")]
    public async Task Forwarded_is_believed_of_trusted_proxies(string socket, string forwarded, string client)
    {
        await using var app = await Start(("Limiter:TrustedProxies:0", "10.0.0.7"), ("Limiter:TrustedProxies:1", "10.1.0.0/16"));
        Assert.Equal(client, await App.BodyOf(await app.SendAsync("/", socket, "GET", ("Forwarded", forwarded))));
    }

    [Theory]
    [InlineData("10.0.0.7", "198.51.100.1", "198.51.100.1")]
    [InlineData("10.0.0.8", "198.51.100.1", "10.0.0.8")]
    [InlineData("10.0.0.7", "2001:db8::1", "2001:db8::1")]
    public async Task X_Real_IP_is_believed_of_trusted_proxies(string socket, string address, string client)
    {
        await using var app = await Start(("Limiter:TrustedProxies:0", "10.0.0.7"));
        Assert.Equal(client, await App.BodyOf(await app.SendAsync("/", socket, "GET", ("X-Real-IP", address))));
    }

    [Theory]
    [InlineData(null, "198.51.100.1")]
    [InlineData("X-Forwarded-For", "198.51.100.1")]
    [InlineData("forwarded", "198.51.100.2")]
    [InlineData("X-Real-IP", "198.51.100.3")]
    public async Task One_header_is_believed_and_which_may_be_named(string? setting, string client)
    {
        (string, string)[] settings = setting is null ? [] : [("Limiter:ForwardedHeader", setting)];
        await using var app = await Start([("Limiter:TrustedProxies:0", "10.0.0.7"), .. settings]);
        Assert.Equal(client, await App.BodyOf(await app.SendAsync(
            "/", "10.0.0.7", "GET", ("X-Forwarded-For", "198.51.100.1"), ("Forwarded", "for=198.51.100.2"),
                ("X-Real-IP", "198.51.100.3"))));
    }

    [Theory]
    [InlineData("X-Forwarded-For", "198.51.100.1", "X-Real-IP", "198.51.100.2")]
    [InlineData("X-Forwarded-For", "198.51.100.1", "Forwarded", "for=198.51.100.2")]
    [InlineData("Forwarded", "for=198.51.100.1", "X-Real-IP", "198.51.100.2")]
    public async Task Headers_that_name_different_clients_are_warned_of_once_with_the_setting_to_set(
        string believed, string client, string other, string otherClient)
    {
        var lines = new Lines();
        await using var app = await Start(lines, ("Limiter:TrustedProxies:0", "10.0.0.7"));
        for (var i = 0; i < 3; i++)
            Assert.Equal("198.51.100.1", await App.BodyOf(
                await app.SendAsync("/", "10.0.0.7", "GET", (believed, client), (other, otherClient))));

        Assert.Equal(
            [
                $"Warning: A request of a trusted proxy names one client in {believed}, which is believed, and another in {other}: "
                + "set Limiter:ForwardedHeader to the one that the proxy writes, since clients may write the other",
            ],
            lines.Logged);
    }

    [Theory]
    [InlineData("X-Forwarded-For", "10.0.0.7", "198.51.100.1", "198.51.100.2")] // the setting says which
    [InlineData(null, "10.0.0.8", "198.51.100.1", "198.51.100.2")] // a stranger's headers say nothing
    [InlineData(null, "10.0.0.7", "198.51.100.1", "198.51.100.1:4711")] // the same client
    [InlineData(null, "10.0.0.7", "2001:db8::1", "2001:db8::2")] // counted as the same one
    [InlineData(null, "10.0.0.7", "198.51.100.1, 10.0.0.9", "10.0.0.9")] // the proxy before the nearest is no client
    [InlineData(null, "10.0.0.7", "198.51.100.1", "nonsense")]
    public async Task Headers_that_do_not_name_different_clients_or_of_which_one_is_chosen_are_not_warned_of(
        string? setting, string socket, string forwardedFor, string realIp)
    {
        var lines = new Lines();
        (string, string)[] settings = setting is null ? [] : [("Limiter:ForwardedHeader", setting)];
        await using var app = await Start(
            lines, [("Limiter:TrustedProxies:0", "10.0.0.7"), ("Limiter:TrustedProxies:1", "10.0.0.9"), .. settings]);
        await app.SendAsync("/", socket, "GET", ("X-Forwarded-For", forwardedFor), ("X-Real-IP", realIp));

        Assert.Empty(lines.Logged);
    }

    [Fact]
    public async Task A_header_that_was_named_and_is_not_there_is_not_replaced_by_another()
    {
        await using var app = await Start(("Limiter:TrustedProxies:0", "10.0.0.7"), ("Limiter:ForwardedHeader", "Forwarded"));
        Assert.Equal("10.0.0.7", await App.BodyOf(await app.SendAsync("/", "10.0.0.7", "GET", ("X-Forwarded-For", "198.51.100.1"))));
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    [InlineData("10.0.0.7")]
    public async Task Nobody_is_trusted_unless_named_not_even_loopback(string socket)
    {
        await using var app = await Start();
        Assert.Equal(socket, await App.BodyOf(await app.SendAsync("/", socket, "GET", ("X-Forwarded-For", "198.51.100.1"))));
    }

    [Fact]
    public async Task A_client_does_not_escape_its_limit_by_a_header()
    {
        await using var app = await App.StartAsync(
            web => web.MapGet("/", () => "x").RequireLimit("a"), options => options.Policies["a"] = App.Policy(1));
        Assert.Equal(200, await app.StatusAsync("/"));
        for (var i = 0; i < 5; i++)
            Assert.Equal(429, await app.StatusAsync("/", headers: ("X-Forwarded-For", $"198.51.100.{i}")));
    }

    [Theory]
    [InlineData("Limiter:TrustedProxies:0", "proxy.local",
        "Limiter:TrustedProxies:0 is 'proxy.local': it must be an IP address, or a network as in 10.0.0.0/24 with no bit set beyond its "
        + "length, which must be at least 1.")]
    [InlineData("Limiter:TrustedProxies:0", "10.0.0.1/24",
        "Limiter:TrustedProxies:0 is '10.0.0.1/24': it must be an IP address, or a network as in 10.0.0.0/24 with no bit set beyond its "
        + "length, which must be at least 1.")]
    [InlineData("Limiter:TrustedProxies:0", "0.0.0.0/0",
        "Limiter:TrustedProxies:0 is '0.0.0.0/0': it must be an IP address, or a network as in 10.0.0.0/24 with no bit set beyond its "
        + "length, which must be at least 1.")]
    [InlineData("Limiter:TrustedProxies:0", "::/0",
        "Limiter:TrustedProxies:0 is '::/0': it must be an IP address, or a network as in 10.0.0.0/24 with no bit set beyond its length, "
        + "which must be at least 1.")]
    [InlineData("Limiter:TrustedProxies", "10.0.0.1",
        "Limiter:TrustedProxies is '10.0.0.1': it must be a list: TrustedProxies:0, TrustedProxies:1 and so on.")]
    [InlineData("Limiter:ForwardedHeader", "Via",
        "Limiter:ForwardedHeader is 'Via': it must be one of X-Forwarded-For, Forwarded, X-Real-IP.")]
    [InlineData("Limiter:LegacyHeaders", "yes", "Limiter:LegacyHeaders is 'yes': it must be true or false.")]
    [InlineData("ForwardedHeaders_Enabled", "true",
        "ASPNETCORE_FORWARDEDHEADERS_ENABLED is 'true': it must not be set, because it trusts the X-Forwarded-For of everybody; name your "
        + "proxies under Limiter:TrustedProxies.")]
    public async Task A_wrong_setting_ends_the_start(string name, string value, string message)
    {
        var wrong = await Assert.ThrowsAsync<LimiterConfigurationException>(() => Start((name, value)));
        Assert.Equal(message, wrong.Message);
    }

    private static Task<App> Start(params (string Name, string Value)[] settings) =>
        App.StartAsync(web => web.MapGet("/", (HttpContext context) => ClientAddressText(context)), settings: settings);

    private static Task<App> Start(Lines lines, params (string Name, string Value)[] settings) => App.StartAsync(
        web => web.MapGet("/", (HttpContext context) => ClientAddressText(context)),
        settings: settings,
        configure: services => services.AddSingleton<ILoggerProvider>(lines));

    private static string ClientAddressText(HttpContext context)
    {
        var address = context.Connection.RemoteIpAddress!;
        return (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString();
    }

    /// <summary>Keeps the warnings.</summary>
    private sealed class Lines : ILoggerProvider, ILogger
    {
        public List<string> Logged { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Logged.Add($"{logLevel}: {formatter(state, exception)}");

        public void Dispose()
        {
        }
    }
}
