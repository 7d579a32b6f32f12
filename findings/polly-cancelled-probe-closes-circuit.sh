#!/usr/bin/env bash
# Polly.Core 8.9.1 (NuGet): a half-open probe that its caller cancels closes the circuit.
#
# What happens: the circuit breaker, with its default ShouldHandle, knows two kinds of outcome: handled (a failure) and everything else
# (a success). OperationCanceledException is not handled, so a probe that the caller gives up, because the service still does not answer,
# counts as a success: the circuit closes, and the statistics start anew.
#
# Why one expects otherwise: while the circuit is closed it is right to ignore cancellations, they prove nothing. In the half-open state
# "proves nothing" is expected to leave the question open; here it is taken for proof of health.
#
# What it means for a limiter: a breaker round a hanging limiter store sees mostly this, since the callers of a limiter have short
# deadlines and hang up first. Each pause then ends with a closed circuit and MinimumThroughput calls sent into the hang. Run the probe
# with a token of your own (a time-out inside the breaker, whose TimeoutRejectedException is a failure), not with the caller's.
#
# Seen 2026-11-29, .NET 10.0, fake time:
#   2 failures: Open; break over, probe running: HalfOpen; its caller gives up: Closed
#   calls that reached the dead service afterwards before it opened again: 2
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
    <PackageReference Include="Polly.Core" Version="8.9.1" />
    <PackageReference Include="Microsoft.Extensions.TimeProvider.Testing" Version="10.11.0" />
  </ItemGroup>
</Project>
EOF
cat >Program.cs <<'EOF'
using Microsoft.Extensions.Time.Testing;
using Polly;
using Polly.CircuitBreaker;

var time = new FakeTimeProvider();
var state = new CircuitBreakerStateProvider();
var breaker = new ResiliencePipelineBuilder { TimeProvider = time }.AddCircuitBreaker(new CircuitBreakerStrategyOptions
{
    MinimumThroughput = 2,
    FailureRatio = 0.5,
    SamplingDuration = TimeSpan.FromSeconds(30),
    BreakDuration = TimeSpan.FromSeconds(5),
    StateProvider = state,
}).Build();

var reached = 0;
async Task FailAsync(int calls)
{
    for (var i = 0; i < calls; i++)
    {
        try
        {
            await breaker.ExecuteAsync(_ => { reached++; throw new IOException("down"); });
        }
        catch (Exception failure) when (failure is IOException or BrokenCircuitException)
        {
        }
    }
}

await FailAsync(2);
var opened = state.CircuitState;
time.Advance(TimeSpan.FromSeconds(6));

using var caller = new CancellationTokenSource();
var probe = breaker.ExecuteAsync(async token => await Task.Delay(Timeout.Infinite, token), caller.Token).AsTask();
var probing = state.CircuitState;
caller.Cancel();
try
{
    await probe;
}
catch (OperationCanceledException)
{
}

var after = state.CircuitState;
Console.WriteLine($"2 failures: {opened}; break over, probe running: {probing}; its caller gives up: {after}");
reached = 0;
await FailAsync(20);
Console.WriteLine($"calls that reached the dead service afterwards before it opened again: {reached}");
return (opened, probing, after) == (CircuitState.Open, CircuitState.HalfOpen, CircuitState.Closed) && reached == 2 ? 0 : 1;
EOF
dotnet build -c Release -v q >build.log || { tail -n 20 build.log; echo "could not build"; exit 2; }
dotnet bin/Release/net10.0/see.dll
