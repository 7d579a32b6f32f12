#!/usr/bin/env bash
# Microsoft.Extensions.Http.Resilience 10.11.0 (NuGet): the standard hedging handler sends a refused call again at once, POST too.
#
# What happens: hedging starts the next attempt when its delay (2 s) is over or when an attempt failed, whichever is first, and 429 is a
# failure. The second request leaves in the moment of the refusal, whatever Retry-After says, for every method.
#
# Why one expects otherwise: hedging is chosen against slow answers, and a refusal is a quick one. The same package's retry handler
# does obey Retry-After.
#
# What it means for a limiter: the load doubles exactly when the service asks for less, and with limiters that count refused requests
# the client locks itself out. Take 429 out of Hedging.ShouldHandle, and limit hedging to safe methods.
#
# Seen 2026-11-29, .NET 10.0, default options, fake time that stands still:
#   GET : caller sees 429; requests sent: 2, Retry-After was 60 s, time passed 0 s
#   POST: caller sees 429; requests sent: 2, Retry-After was 60 s, time passed 0 s
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
export MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0 DOTNET_NOLOGO=1
cat >see.csproj <<'EOF'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework><ImplicitUsings>enable</ImplicitUsings>
    <UseSharedCompilation>false</UseSharedCompilation>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="Microsoft.Extensions.Http.Resilience" Version="10.11.0" />
    <PackageReference Include="Microsoft.Extensions.TimeProvider.Testing" Version="10.11.0" />
  </ItemGroup>
</Project>
EOF
cat >Program.cs <<'EOF'
using System.Net;
using System.Net.Http.Headers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

var time = new FakeTimeProvider();
var began = time.GetUtcNow();
var service = new Refusing();
var services = new ServiceCollection();
services.AddSingleton<TimeProvider>(time);
services.AddHttpClient("client").ConfigurePrimaryHttpMessageHandler(() => service).AddStandardHedgingHandler();
using var provider = services.BuildServiceProvider();
using var client = provider.GetRequiredService<IHttpClientFactory>().CreateClient("client");

var asSeen = true;
foreach (var method in new[] { HttpMethod.Get, HttpMethod.Post })
{
    service.Seen = 0;
    using var request = new HttpRequestMessage(method, new Uri("http://service/"));
    using var response = await client.SendAsync(request);
    var passed = (time.GetUtcNow() - began).TotalSeconds;
    var sent = $"requests sent: {service.Seen}, Retry-After was 60 s, time passed {passed} s";
    Console.WriteLine($"{method,-4}: caller sees {(int)response.StatusCode}; {sent}");
    asSeen &= service.Seen == 2 && passed == 0;
}

return asSeen ? 0 : 1;

internal sealed class Refusing : HttpMessageHandler
{
    public int Seen;

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref Seen);
        var response = new HttpResponseMessage(HttpStatusCode.TooManyRequests) { RequestMessage = request };
        response.Headers.RetryAfter = new RetryConditionHeaderValue(TimeSpan.FromSeconds(60));
        return Task.FromResult(response);
    }
}
EOF
dotnet build -c Release -v q >build.log || { tail -n 20 build.log; echo "could not build"; exit 2; }
dotnet bin/Release/net10.0/see.dll
