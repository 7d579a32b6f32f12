using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Engines.Orleans;

namespace OrleansLimiter.OrleansBenchmarks;

/// <summary>
/// What an active key of the policy <c>default</c> with a 20-byte subject costs a silo, everything included, after a full collection: when
/// every key was just charged and waits to be stored, and when every key is stored. Keys are used up, so that they are still in use when
/// they are stored.
/// </summary>
internal static class BytesPerKey
{
    /// <summary>How many keys where nobody says.</summary>
    public const int DefaultKeys = 100_000;

    private const int WarmUpKeys = 2_000;
    private const int Callers = 128;

    // Long enough for the keys to be charged in, and short enough for the whole to end within 100 s: it is waited for twice.
    private static readonly TimeSpan SnapshotInterval = TimeSpan.FromSeconds(25);
    private static readonly TimeSpan Writing = TimeSpan.FromSeconds(15);

    /// <summary>Measures so many keys, and prints two rows.</summary>
    public static async Task RunAsync(int keys)
    {
        Console.WriteLine("| keys | state | managed, B per key | working set, B per key |");
        Console.WriteLine("|---:|---|---:|---:|");
        var place = BenchSilo.NewPlace();
        place["Cluster:SnapshotInterval"] = $"{SnapshotInterval.TotalSeconds}s";
        await using var silo = await SiloProcess.StartAsync(place);
        using var client = BenchSilo.BuildClient(place);
        await client.StartAsync();
        var gate = new ClusterGate();
        gate.Open(client.Services.GetRequiredService<IGrainFactory>(), client.Services.GetRequiredService<IClusterManifestProvider>());
        var engine = new OrleansEngine(gate);

        await ChargeAsync(engine, keys, WarmUpKeys);
        await Task.Delay(SnapshotInterval);
        var before = await silo.MeasureAsync();
        var charging = Stopwatch.StartNew();
        await ChargeAsync(engine, 0, keys);
        if (charging.Elapsed >= SnapshotInterval)
            throw new InvalidOperationException(
                $"The keys took {charging.Elapsed} to charge: the first are stored already. Ask for fewer.");
        Print(keys, "charged, not stored yet", before, await silo.MeasureAsync());
        await Task.Delay(SnapshotInterval + Writing);
        Print(keys, "stored", before, await silo.MeasureAsync());
        await client.StopAsync();
    }

    private static void Print(int keys, string state, SiloMemory before, SiloMemory after) =>
        Console.WriteLine(
            $"| {keys:N0} | {state} | {(double)(after.Managed - before.Managed) / keys:N0} | "
            + $"{(double)(after.WorkingSet - before.WorkingSet) / keys:N0} |");

    private static Task ChargeAsync(OrleansEngine engine, int first, int count)
    {
        var next = first - 1;
        return Task.WhenAll(Enumerable.Range(0, Callers).Select(async _ =>
        {
            for (var i = Interlocked.Increment(ref next); i < first + count; i = Interlocked.Increment(ref next))
            {
                var request = new LimitRequest(
                    Keys.KeyOf(i), Keys.Default, Operation.Acquire, Permits.Of(Keys.Default.Bandwidths[0].Capacity));
                var reply = await engine.ExecuteAsync(request, CancellationToken.None);
                if (reply.IsFault || !reply.Decision.IsAdmitted)
                    throw new InvalidOperationException($"A fresh key was answered with {reply.Fault.Kind}.");
            }
        }));
    }
}
