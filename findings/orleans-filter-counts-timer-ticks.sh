#!/usr/bin/env bash
# Microsoft.Orleans 10.4.2 (NuGet): a grain's own timer ticks pass the incoming call filters, so a limiter there refuses the ticks.
#
# What happens: a tick of RegisterGrainTimer is delivered as a message to the grain, and the incoming call filters run for it as for a
# caller's request, under IGrainTimerInvoker.InvokeCallbackAsync; with Interleave = true as well. If the filter throws, that tick does
# not happen, no caller is told, and the timer goes on to the next.
#
# Why one expects otherwise: a timer is registered from inside and calls back into the same object; "incoming calls" are taken to be the
# ones from outside.
#
# What it means for a limiter: a filter that limits calls per grain charges each tick to the callers, and once they have used the limit
# up, the grain's housekeeping (saving, expiring, releasing) stops. Let everything pass whose InterfaceType is not one of yours.
#
# Seen 2026-11-29, .NET 10.0, a filter that admits 5 incoming calls to the grain and throws for the rest:
#   calls of the caller: 1; admitted by the filter for the grain: 5, of which timer ticks: 4
#   timer ticks refused by the filter: yes; ticks that ran: 4
#   the same with Interleave = true: ticks refused: yes; ticks that ran: 4
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

static int FreePort()
{
    using var listener = new TcpListener(IPAddress.Loopback, 0);
    listener.Start();
    return ((IPEndPoint)listener.LocalEndpoint).Port;
}

var builder = Host.CreateApplicationBuilder();
builder.Logging.ClearProviders();
builder.UseOrleans(silo => silo.UseLocalhostClustering(FreePort(), FreePort()).AddIncomingGrainCallFilter<FiveCalls>());
using var host = builder.Build();
await host.StartAsync();
var grains = host.Services.GetRequiredService<IGrainFactory>();

// One call, which starts a timer of 50 ms; then nobody calls for two seconds.
async Task<(int Admitted, int Ticks, int Refused, int Ran)> WatchAsync(bool interleave)
{
    FiveCalls.Admitted = FiveCalls.Ticks = FiveCalls.Refused = Worker.Ran = 0;
    await grains.GetGrain<IWorker>($"{interleave}").Start(interleave);
    await Task.Delay(2000);
    return (FiveCalls.Admitted, FiveCalls.Ticks, FiveCalls.Refused, Worker.Ran);
}

var plain = await WatchAsync(interleave: false);
Console.WriteLine($"calls of the caller: 1; admitted by the filter for the grain: {plain.Admitted}, of which timer ticks: {plain.Ticks}");
Console.WriteLine($"timer ticks refused by the filter: {(plain.Refused > 0 ? "yes" : "no")}; ticks that ran: {plain.Ran}");
await grains.GetGrain<IWorker>("False").Stop();
var interleaving = await WatchAsync(interleave: true);
var refused = interleaving.Refused > 0 ? "yes" : "no";
Console.WriteLine($"the same with Interleave = true: ticks refused: {refused}; ticks that ran: {interleaving.Ran}");
await host.StopAsync();
return plain is { Admitted: 5, Ticks: 4, Refused: > 0, Ran: 4 } && interleaving is { Ticks: 4, Refused: > 0, Ran: 4 } ? 0 : 1;

public interface IWorker : IGrainWithStringKey
{
    Task Start(bool interleave);

    Task Stop();
}

public sealed class Worker : Grain, IWorker
{
    public static int Ran;

    private IGrainTimer _timer = null!;

    public Task Start(bool interleave)
    {
        var period = TimeSpan.FromMilliseconds(50);
        _timer = this.RegisterGrainTimer(
            _ => { Interlocked.Increment(ref Ran); return Task.CompletedTask; },
            new() { DueTime = period, Period = period, Interleave = interleave });
        return Task.CompletedTask;
    }

    public Task Stop()
    {
        _timer.Dispose();
        return Task.CompletedTask;
    }
}

// Admits five incoming calls of the watched grain; what it has to stop the timer is not counted.
public sealed class FiveCalls : IIncomingGrainCallFilter
{
    public static int Admitted, Ticks, Refused;

    public Task Invoke(IIncomingGrainCallContext context)
    {
        if (context.Grain is not Worker || context.MethodName == nameof(IWorker.Stop))
            return context.Invoke();
        if (Volatile.Read(ref Admitted) == 5)
        {
            Interlocked.Increment(ref Refused);
            throw new InvalidOperationException("limit reached");
        }

        Interlocked.Increment(ref Admitted);
        if (context.InterfaceName.Contains("GrainTimer", StringComparison.Ordinal))
            Interlocked.Increment(ref Ticks);
        return context.Invoke();
    }
}
EOF
dotnet build -c Release -v q >build.log || { tail -n 20 build.log; echo "could not build"; exit 2; }
dotnet bin/Release/net10.0/see.dll
