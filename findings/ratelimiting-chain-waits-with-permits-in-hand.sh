#!/usr/bin/env bash
# System.Threading.RateLimiting 10 and 11.0.0 (NuGet): whoever queues at a chain's second limiter holds the first one's permits meanwhile.
#
# What happens: a chained limiter acquires link after link and waits at each in turn. With "10 at once for all" first and "1 at once for
# each user, others queue" second, ten calls of one user take all ten places, one runs, and nine wait in the user's queue with a place of
# everybody's in hand. The next user is refused although one call is running.
#
# Why one expects otherwise: requests in a queue are thought of as not admitted yet, and the statistics of the user's limiter say so.
# "Global first, then per user" is also how the two are usually written down.
#
# What it means for users of limiters: the per-user queue, which was to keep one user from hurting the others, lets one user shut
# them out. Put the narrow limiter first in the chain, or give only the first link a queue.
#
# Seen 2026-11-29, .NET 10.0:
#   10.0.0: global first: 10 calls of ann: 1 runs, 9 queue; global places left: 0; call of bob: refused
#   10.0.0: user first: 10 calls of ann: 1 runs, 9 queue; global places left: 9; call of bob: admitted
#   11.0.0: (the same two lines)
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
  </ItemGroup>
</Project>
EOF
cat >Program.cs <<'EOF'
using System.Threading.RateLimiting;

static PartitionedRateLimiter<string> Concurrency(Func<string, string> partition, int permits, int queue) =>
    PartitionedRateLimiter.Create<string, string>(user => RateLimitPartition.GetConcurrencyLimiter(
        partition(user),
        _ => new ConcurrencyLimiterOptions { PermitLimit = permits, QueueLimit = queue }));

async Task<bool> IsRefusedAsync(bool globalFirst)
{
    var global = Concurrency(_ => "all", permits: 10, queue: 0);
    var perUser = Concurrency(user => user, permits: 1, queue: 20);
    PartitionedRateLimiter<string>[] links = globalFirst ? [global, perUser] : [perUser, global];
    using var chain = PartitionedRateLimiter.CreateChained(links);

    var calls = Enumerable.Range(0, 10).Select(_ => chain.AcquireAsync("ann").AsTask()).ToArray();
    var running = calls.Count(call => call.IsCompleted && call.Result.IsAcquired);
    var left = global.GetStatistics("ann")!.CurrentAvailablePermits;
    using var bob = await chain.AcquireAsync("bob");
    var version = typeof(RateLimiter).Assembly.GetName().Version?.ToString(3);
    var queued = perUser.GetStatistics("ann")!.CurrentQueuedCount;
    Console.WriteLine($"{version}: {(globalFirst ? "global" : "user")} first: 10 calls of ann: {running} runs, {queued} queue; " +
        $"global places left: {left}; call of bob: {(bob.IsAcquired ? "admitted" : "refused")}");
    return running == 1 && !bob.IsAcquired;
}

var refused = await IsRefusedAsync(globalFirst: true);
var admitted = !await IsRefusedAsync(globalFirst: false);
return refused && admitted ? 0 : 1;
EOF
for version in 10.0.0 11.0.0; do
    dotnet build -c Release -v q -p:LimiterVersion=$version -o "out/$version" >build.log ||
        { tail -n 20 build.log; echo "could not build"; exit 2; }
    dotnet "out/$version/see.dll"
done
