#!/usr/bin/env bash
# Microsoft.Orleans 10.4.2 (NuGet): who takes one element of a grain's IAsyncEnumerable makes the grain produce up to a hundred.
#
# What happens: elements travel in batches, and the grain's iterator is run until a batch of 100 is full or the iterator has to wait.
# An iterator that yields without waiting has therefore run 100 times before the caller sees the first element; what the caller does not
# take is thrown away.
#
# Why one expects otherwise: in an async stream the code after a yield runs when the consumer asks for the next element. That holds
# inside a process, and the grain interface looks the same. With an iterator that awaits real work it even holds here, so a change
# in the grain's body (a cache, say) changes how much is produced.
#
# What it means for a limiter: a grain that hands out permits, sequence numbers or tickets by "yield return" charges 100 for a caller
# that takes one. Answer such calls with a Task, or say WithBatchSize(1) at every call.
#
# Seen 2026-11-29, .NET 10.0, one silo:
#   caller took 1: grain handed out 100
#   caller took 1 WithBatchSize(1): grain handed out 1
#   caller took 1 from an iterator that awaits before each yield: grain handed out 1
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
    <PackageReference Include="Microsoft.Orleans.Server" Version="10.4.2" />
  </ItemGroup>
</Project>
EOF
cat >Program.cs <<'EOF'
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;

static int FreePort()
{
    using var listener = new TcpListener(IPAddress.Loopback, 0);
    listener.Start();
    return ((IPEndPoint)listener.LocalEndpoint).Port;
}

var builder = Host.CreateApplicationBuilder();
builder.Logging.ClearProviders();
builder.UseOrleans(silo => silo.UseLocalhostClustering(FreePort(), FreePort()));
using var host = builder.Build();
await host.StartAsync();
var grains = host.Services.GetRequiredService<IGrainFactory>();

async Task<int> HandedOutAsync(string key, Func<IPermits, IAsyncEnumerable<int>> ask)
{
    var grain = grains.GetGrain<IPermits>(key);
    await foreach (var _ in ask(grain))
        break;
    return await grain.HandedOut();
}

var plain = await HandedOutAsync("plain", grain => grain.Take());
var single = await HandedOutAsync("single", grain => grain.Take().WithBatchSize(1));
var awaiting = await HandedOutAsync("awaiting", grain => grain.TakeSlowly());
Console.WriteLine($"caller took 1: grain handed out {plain}");
Console.WriteLine($"caller took 1 WithBatchSize(1): grain handed out {single}");
Console.WriteLine($"caller took 1 from an iterator that awaits before each yield: grain handed out {awaiting}");
await host.StopAsync();
return plain == 100 && single == 1 && awaiting <= 3 ? 0 : 1;

public interface IPermits : IGrainWithStringKey
{
    IAsyncEnumerable<int> Take();

    IAsyncEnumerable<int> TakeSlowly();

    Task<int> HandedOut();
}

public sealed class Permits : Grain, IPermits
{
    private int _handedOut;

    public async IAsyncEnumerable<int> Take()
    {
        await Task.CompletedTask;
        while (true)
            yield return ++_handedOut;
    }

    public async IAsyncEnumerable<int> TakeSlowly()
    {
        while (true)
        {
            await Task.Delay(200);
            yield return ++_handedOut;
        }
    }

    public Task<int> HandedOut() => Task.FromResult(_handedOut);
}
EOF
dotnet build -c Release -v q >build.log || { tail -n 20 build.log; echo "could not build"; exit 2; }
dotnet bin/Release/net10.0/see.dll
