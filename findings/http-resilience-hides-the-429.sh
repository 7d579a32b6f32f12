#!/usr/bin/env bash
# Microsoft.Extensions.Http.Resilience 10.11.0 (NuGet): a 429 whose Retry-After is longer than 30 s becomes a time-out exception.
#
# What happens: the standard handler obeys Retry-After, without a bound, inside its total time-out of 30 s. Told to wait 60 s it waits
# until the total time-out ends the call: the caller gets TimeoutRejectedException after 30 s, and neither status, headers nor body.
#
# Why one expects otherwise: a wait that cannot fit is expected to end the retrying and to return the answer that is there, as it is
# returned when the attempts are used up. MaxDelay reads like a bound on all delays, but does not hold for Retry-After.
#
# What it means for a limiter's users: the better the limiter (long windows, an honest Retry-After), the less its clients see of it: a
# refusal of 5 ms becomes 30 s of a held connection and an exception that says "too slow" and is counted against the service. Set
# Retry.ShouldRetryAfterHeader = false, or leave 429 out of Retry.ShouldHandle.
#
# Seen 2026-11-29, .NET 10.0, fake time:
#   Retry-After 60: caller sees TimeoutRejectedException after 30 s; requests sent: 1
#   Retry-After 60, MaxDelay 1 s: caller sees TimeoutRejectedException after 30 s; requests sent: 1
#   Retry-After 2: caller sees 429 after 6 s; requests sent: 4
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

// What the caller sees of a service that refuses every request at once, in seconds of a clock that is moved by hand.
static async Task<(string Caller, int Seconds, int Sent)> CallAsync(int retryAfter, TimeSpan? maxDelay = null)
{
    var time = new FakeTimeProvider();
    var service = new Refusing(TimeSpan.FromSeconds(retryAfter));
    var services = new ServiceCollection();
    services.AddSingleton<TimeProvider>(time);
    services.AddHttpClient("client").ConfigurePrimaryHttpMessageHandler(() => service)
        .AddStandardResilienceHandler(options => options.Retry.MaxDelay = maxDelay);
    using var provider = services.BuildServiceProvider();
    using var client = provider.GetRequiredService<IHttpClientFactory>().CreateClient("client");

    var call = client.GetAsync(new Uri("http://service/"));
    var seconds = 0;
    for (; await StillRunsAsync(call) && seconds < 120; seconds++)
        time.Advance(TimeSpan.FromSeconds(1));
    string seen;
    try
    {
        using var response = await call;
        seen = $"{(int)response.StatusCode}";
    }
    catch (Exception failure)
    {
        seen = failure.GetType().Name;
    }

    return (seen, seconds, service.Seen);
}

// Real time for what follows a step of the clock: the answer is there as soon as it is asked for.
static async Task<bool> StillRunsAsync(Task call)
{
    await Task.WhenAny(call, Task.Delay(50));
    return !call.IsCompleted;
}

var tooLong = await CallAsync(60);
var bounded = await CallAsync(60, TimeSpan.FromSeconds(1));
var shortWait = await CallAsync(2);
foreach (var (told, seen) in new[] { ("60", tooLong), ("60, MaxDelay 1 s", bounded), ("2", shortWait) })
    Console.WriteLine($"Retry-After {told}: caller sees {seen.Caller} after {seen.Seconds} s; requests sent: {seen.Sent}");

// The step after which the call ends may be noticed a step later.
static bool TimedOut((string, int, int) seen) => seen is ("TimeoutRejectedException", >= 30 and <= 33, 1);
return TimedOut(tooLong) && TimedOut(bounded) && shortWait is ("429", >= 6 and <= 12, 4) ? 0 : 1;

internal sealed class Refusing(TimeSpan retryAfter) : HttpMessageHandler
{
    public int Seen;

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref Seen);
        var response = new HttpResponseMessage(HttpStatusCode.TooManyRequests) { RequestMessage = request };
        response.Headers.RetryAfter = new RetryConditionHeaderValue(retryAfter);
        return Task.FromResult(response);
    }
}
EOF
dotnet build -c Release -v q >build.log || { tail -n 20 build.log; echo "could not build"; exit 2; }
dotnet bin/Release/net10.0/see.dll
