using System.Diagnostics.Metrics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansLimiter.Configuration;
using OrleansLimiter.Engines.Memory;
using OrleansLimiter.Engines.Orleans;
using OrleansLimiter.Engines.Orleans.Batches;
using OrleansLimiter.Resilience;

namespace OrleansLimiter.OrleansBenchmarks;

/// <summary>
/// Decisions per second through the engine, and through all that a front end puts around it, beside bare calls of the same actors with the
/// same records: in alternating rounds, so that what else the machine does meets all of them.
/// </summary>
internal static class Throughput
{
    private const int KeyCount = 10_000;

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(5);

    /// <summary>From another process than the silo's, as a front end asks.</summary>
    public static async Task RunExternalAsync(ThroughputRun run)
    {
        var place = BenchSilo.NewPlace();
        await using var silo = await SiloProcess.StartAsync(place);
        using var client = BenchSilo.BuildClient(place);
        await RunAsync("external", client, () => silo.ProcessorTime, run);
    }

    /// <summary>Inside the silo's process, as a co-hosted front end asks.</summary>
    public static async Task RunCoHostedAsync(ThroughputRun run)
    {
        using var silo = BenchSilo.BuildSilo(BenchSilo.NewPlace());
        await RunAsync("co-hosted", silo, null, run);
    }

    private static async Task RunAsync(string place, IHost host, Func<TimeSpan>? siloTime, ThroughputRun run)
    {
        await host.StartAsync();
        var grains = host.Services.GetRequiredService<IGrainFactory>();
        var keys = new Keys(grains, Keys.Endless, KeyCount);
        var gate = new ClusterGate();
        gate.Open(grains, host.Services.GetRequiredService<IClusterManifestProvider>());
        var engine = new OrleansEngine(gate);
        var alone = new OrleansEngine(gate, batches: new BatchSettings { CallsAlone = int.MaxValue });
        await using var meters = new ServiceCollection().AddMetrics().BuildServiceProvider();
        using var local = new MemoryEngine(new MemoryEngineOptions(), TimeProvider.System);
        using var resilient = ResilientEngine.Build(
            engine,
            local,
            SettingsOfPatience(),
            TimeProvider.System,
            meters.GetRequiredService<IMeterFactory>(),
            NullLogger.Instance);
        Contender[] contenders =
        [
            Contender.Bare(keys),
            Contender.Engine("engine, each request alone", alone, keys),
            Contender.Engine("engine", engine, keys),
            Contender.Engine("engine with deadline, breakers and fallback", resilient, keys),
        ];
        foreach (var callers in run.Callers)
            await CompareAsync(place, contenders, siloTime, callers, run);
        await host.StopAsync();
    }

    /// <summary>
    /// The defaults, but for the deadline: what it costs is the same, and a machine that pauses must not make the front end answer in the
    /// cluster's place.
    /// </summary>
    private static LimiterSettings SettingsOfPatience()
    {
        using var services = new ServiceCollection()
            .AddLimiterCore(
                new ConfigurationBuilder()
                    .AddInMemoryCollection([new("Limiter:Deadline", "10s"), new("Limiter:Breaker:Pause", "10s")])
                    .Build())
            .BuildServiceProvider();
        return services.GetRequiredService<LimiterSettings>();
    }

    private static async Task CompareAsync(
        string place, Contender[] contenders, Func<TimeSpan>? siloTime, int callers, ThroughputRun run)
    {
        var random = new Random(callers);
        var orders = Enumerable.Range(0, callers).Select(_ => Enumerable.Range(0, KeyCount).ToArray()).ToArray();
        foreach (var order in orders)
            random.Shuffle(order);
        foreach (var contender in contenders)
            await contender.RunAsync(orders, WarmUp, null);

        var rounds = new Round[contenders.Length][];
        for (var i = 0; i < contenders.Length; i++)
            rounds[i] = new Round[run.Rounds];
        for (var round = 0; round < run.Rounds; round++)
        {
            // Every second round goes backwards: none is always first.
            foreach (var i in round % 2 == 0 ? Enumerable.Range(0, contenders.Length) : Enumerable.Range(0, contenders.Length).Reverse())
                rounds[i][round] = await contenders[i].RunAsync(orders, run.RoundLength, siloTime);
        }

        Print(place, callers, contenders, rounds);
    }

    private static void Print(string place, int callers, Contender[] contenders, Round[][] rounds)
    {
        var numbers = string.Join(" | ", Enumerable.Range(1, rounds[0].Length));
        Console.WriteLine(
            $"\n| {place}, {callers} callers, decisions/s | {numbers} | median | of bare | CPU us | silo's CPU us "
            + "| B allocated | failed |");
        Console.WriteLine($"|---|{string.Concat(Enumerable.Repeat("---:|", rounds[0].Length + 6))}");
        var bare = Median(rounds[0], round => round.Rate);
        for (var i = 0; i < contenders.Length; i++)
        {
            var rate = Median(rounds[i], round => round.Rate);
            Console.WriteLine(
                $"| {contenders[i].Name} | {string.Join(" | ", rounds[i].Select(round => $"{round.Rate:N0}"))} | {rate:N0} | "
                + $"{rate / bare:F2} | {Median(rounds[i], round => round.Microseconds):F2} | "
                + $"{Median(rounds[i], round => round.SiloMicroseconds):F2} | {Median(rounds[i], round => round.Bytes):N0} | "
                + $"{rounds[i].Sum(round => round.Failures):N0} |");
        }
    }

    private static double Median(Round[] rounds, Func<Round, double> figure) => rounds.Select(figure).Order().ElementAt(rounds.Length / 2);
}

/// <summary>What is measured.</summary>
/// <param name="RoundLength">How long each round is.</param>
/// <param name="Rounds">How many rounds each contender has.</param>
/// <param name="Callers">With how many callers at once, one after the other.</param>
internal sealed record ThroughputRun(TimeSpan RoundLength, int Rounds, int[] Callers);
