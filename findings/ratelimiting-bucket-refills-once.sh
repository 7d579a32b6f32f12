#!/usr/bin/env bash
# System.Threading.RateLimiting 10 and 11.0.0 (NuGet): a bucket whose replenishment period is under a millisecond refills once only.
#
# What happens: with AutoReplenishment the bucket hands its period to a timer, and timers count whole milliseconds: 0.5 ms becomes a
# period of 0, which means "fire once". The options are accepted, the first refill comes, and no other follows. The fake clock
# of Microsoft.Extensions.TimeProvider.Testing 10.11.0 keeps such a period exactly, so timers of one's own pass their tests and stop in
# production the same way.
#
# Why one expects otherwise: the period is a TimeSpan (100 ns), the option's one rule is "greater than zero", and PeriodicTimer refuses
# such a period with an exception. "1 token every 500 microseconds" is the evenest way to write 2000 per second.
#
# What it means for users of limiters: a limiter that refuses everybody for ever after its first burst, from an option that was meant to
# smooth. Keep periods at a millisecond or more and raise TokensPerPeriod.
#
# Seen 2026-11-29, .NET 10.0:
#   10.0.0: period 1 ms: 10 more tokens after the burst: yes; period 0.5 ms: no, got 1 in 3 s
#   11.0.0: period 1 ms: 10 more tokens after the burst: yes; period 0.5 ms: no, got 1 in 3 s
#   timer of 0.5 ms: fake clock ticks 20 times in 10 ms, system clock ticks 1 time in 3 s
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
    <LimiterVersion Condition="'$(LimiterVersion)' == ''">10.0.0</LimiterVersion>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="System.Threading.RateLimiting" Version="$(LimiterVersion)" />
    <PackageReference Include="Microsoft.Extensions.TimeProvider.Testing" Version="10.11.0" />
  </ItemGroup>
</Project>
EOF
cat >Program.cs <<'EOF'
using System.Diagnostics;
using System.Threading.RateLimiting;
using Microsoft.Extensions.Time.Testing;

var patience = TimeSpan.FromSeconds(3);

// How many of ten tokens came back after the burst, in up to three seconds.
async Task<int> RefilledAsync(double milliseconds)
{
    using var bucket = new TokenBucketRateLimiter(new()
    {
        TokenLimit = 10,
        TokensPerPeriod = 1,
        ReplenishmentPeriod = TimeSpan.FromMilliseconds(milliseconds),
        QueueLimit = 0,
    });
    bucket.AttemptAcquire(10);
    var got = 0;
    for (var since = Stopwatch.StartNew(); got < 10 && since.Elapsed < patience; await Task.Delay(5))
    {
        while (bucket.AttemptAcquire().IsAcquired)
            got++;
    }

    return got;
}

var ticks = 0;
var half = TimeSpan.FromMilliseconds(0.5);
using var timer = TimeProvider.System.CreateTimer(_ => Interlocked.Increment(ref ticks), null, half, half);
var (whole, part) = (await RefilledAsync(1), await RefilledAsync(0.5));
var version = typeof(RateLimiter).Assembly.GetName().Version;
Console.WriteLine($"{version?.ToString(3)}: period 1 ms: 10 more tokens after the burst: {(whole >= 10 ? "yes" : "no")}; " +
    $"period 0.5 ms: {(part >= 10 ? "yes" : $"no, got {part} in 3 s")}");

var fake = new FakeTimeProvider();
var fakeTicks = 0;
using var fakeTimer = fake.CreateTimer(_ => fakeTicks++, null, half, half);
fake.Advance(TimeSpan.FromMilliseconds(10));
if (args.Length > 0)
    Console.WriteLine($"timer of 0.5 ms: fake clock ticks {fakeTicks} times in 10 ms, system clock ticks {ticks} time in 3 s");
return whole >= 10 && part <= 1 && fakeTicks == 20 && ticks == 1 ? 0 : 1;
EOF
for version in 10.0.0 11.0.0; do
    dotnet build -c Release -v q -p:LimiterVersion=$version -o "out/$version" >build.log ||
        { tail -n 20 build.log; echo "could not build"; exit 2; }
done
dotnet out/10.0.0/see.dll
dotnet out/11.0.0/see.dll timers
