using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using OrleansLimiter.ServiceKit;
using Xunit;

namespace OrleansLimiter.Api.Tests;

/// <summary>
/// HTTP/2 without TLS is served where a listener of its own says so: one that serves HTTP/1.1 too cannot tell them apart.
/// </summary>
public sealed class CleartextHttp2Tests
{
    [Fact]
    public async Task A_listener_of_its_own_serves_HTTP_2_with_prior_knowledge()
    {
        using var service = new TestService(settings: new Dictionary<string, string>
        {
            ["Kestrel:Endpoints:h2c:Url"] = "http://127.0.0.1:0",
            ["Kestrel:Endpoints:h2c:Protocols"] = "Http2",
        });
        var addresses = service.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        using var client = new HttpClient
        {
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        var served = new List<string>();
        foreach (var address in addresses.Where(address => address.Contains("127.0.0.1", StringComparison.Ordinal)))
        {
            try
            {
                served.Add(await client.GetStringAsync(new Uri($"{address}/limit/check?key=k"), TestContext.Current.CancellationToken));
            }
            catch (HttpRequestException)
            {
                // It serves HTTP/1.1.
            }
        }

        Assert.Contains("\"allowed\":true", Assert.Single(served), StringComparison.Ordinal);
    }
}
