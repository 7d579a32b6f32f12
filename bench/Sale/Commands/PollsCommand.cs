using System.Globalization;
using OrleansLimiter.SaleBench.Http;
using OrleansLimiter.SaleBench.Play;
using OrleansLimiter.SaleBench.Report;

namespace OrleansLimiter.SaleBench.Commands;

/// <summary>
/// The verb <c>polls</c>: 100,000 people stand in line; what do they cost, and how fast are they answered beside a bare endpoint?
/// </summary>
internal static class PollsCommand
{
    private const int LeastPercent = 40;
    private const double MostMegabytesPer100000 = 30;
    private const int AtOnce = 50;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(2);

    /// <summary>Measures.</summary>
    /// <returns>0 if both targets are met, else 1.</returns>
    public static async Task<int> RunAsync(Arguments arguments, CancellationToken cancellation)
    {
        var url = arguments.Urls()[0];
        var bareUrl = new Uri(arguments.Text("bare")
            ?? throw new UsageException("--bare is missing; it must be the bare endpoint's URL. bench/Sale/polls.sh starts one."));
        var operatorKey = arguments.Text("operator-key") ?? "dev-operator-key";
        var users = arguments.Whole("users", 100_000, 1, 1_000_000);
        var connections = arguments.Whole("connections", 100, 1, 10_000);
        var seconds = TimeSpan.FromSeconds(arguments.Whole("seconds", 5, 1, 60));
        var rounds = arguments.Whole("rounds", 5, 1, 100);
        var pid = arguments.Whole("pid", 0, 0, int.MaxValue);
        var seed = arguments.Whole("seed", 42, 0, int.MaxValue);
        arguments.RefuseOthers();

        using var service = new SaleService([url], operatorKey, connections: 2);
        var accounts = await service.MakeUsersAsync(users, cancellation);
        var sale = await service.MakeSaleAsync("A long line", 1, 0, 1, cancellation);
        await service.PauseAsync(sale.Id, cancellation);
        using var polls = await Pollers.ConnectAsync(url, connections, "GET", sale.Id, accounts, seed, cancellation);
        using var bare = await Pollers.ConnectAsync(bareUrl, connections, "GET", sale.Id, accounts, seed, cancellation);
        var verdict = new Verdict(Console.Out);

        // Everybody asks before there is a line, so that what a caller costs beside the place (the limit's key, the server's buffers) is
        // there already.
        await polls.AskForAllAsync(cancellation);
        await polls.AskForAllAsync(cancellation);
        var (before, heapBefore) = (ResidentBytes(pid), await HeapAsync(service, cancellation));
        await JoinAsync(url, sale, accounts, seed, cancellation);
        await polls.AskForAllAsync(cancellation); // whoever joined first was told to come back soon, and must, to stay
        var (after, heapAfter) = (ResidentBytes(pid), await HeapAsync(service, cancellation));
        polls.Statuses.Clear();
        var valve = await service.ValveAsync(sale.Id, cancellation);
        verdict.Check(valve.Waiting == users, $"{valve.Waiting} of {users} people stand in line");
        AddMemory(verdict, "resident memory of the service", before, after, users);
        AddMemory(verdict, "managed heap of the service after the latest collection", heapBefore, heapAfter, users);
        await bare.AskForAsync(WarmUp, cancellation);
        await polls.AskForAsync(WarmUp, cancellation);
        verdict.Check(HeadOf(bare.LastAnswer) == HeadOf(polls.LastAnswer),
            $"both answer with {HeadOf(polls.LastAnswer)}; lengths {bare.LastAnswer.Length} and {polls.LastAnswer.Length}");
        await CompareAsync(verdict, bare, polls, rounds, seconds, cancellation);
        var valveAfter = await service.ValveAsync(sale.Id, cancellation);
        verdict.Check(polls.Statuses.Keys.All(status => status == 200),
            $"answers: {string.Join(", ", polls.Statuses.Select(one => $"{one.Value} x {one.Key}"))}; "
            + $"{valveAfter.Waiting} people still stand in line");
        return verdict.Status;
    }

    private static async Task JoinAsync(Uri url, SaleInfo sale, Account[] accounts, int seed, CancellationToken cancellation)
    {
        using var joins = await Pollers.ConnectAsync(url, AtOnce, "POST", sale.Id, accounts, seed, cancellation);
        await joins.AskForAllAsync(cancellation);
    }

    /// <summary>Alternating rounds, so that whatever else the machine does meets both.</summary>
    private static async Task CompareAsync(
        Verdict verdict, Pollers bare, Pollers polls, int rounds, TimeSpan seconds, CancellationToken cancellation)
    {
        var ratios = new List<double>();
        Console.WriteLine(
            "\n| round | bare, requests/s | GET /sales/{id}/queue, requests/s | ratio | this program, cores |\n|---:|---:|---:|---:|---:|");
        for (var round = 1; round <= rounds; round++)
        {
            var cpu = Environment.CpuUsage.TotalTime;
            var (one, other) = (await bare.AskForAsync(seconds, cancellation), await polls.AskForAsync(seconds, cancellation));
            cpu = Environment.CpuUsage.TotalTime - cpu;
            ratios.Add(other / one);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {round} | {one:0} | {other:0} | {other / one:0.000} | {cpu / (2 * seconds):0.00} |"));
        }

        var median = ratios.Order().ElementAt(ratios.Count / 2);
        Console.WriteLine();
        verdict.Check(100 * median >= LeastPercent, $"the median ratio is {median:0.000}, of at least {LeastPercent / 100.0:0.0}");
    }

    /// <summary>The status line and the names of the header fields.</summary>
    private static string HeadOf(string answer)
    {
        var lines = answer.Split("\r\n\r\n")[0].Split("\r\n");
        return string.Join(", ", lines.Skip(1).Select(line => line.Split(':')[0]).Order(StringComparer.Ordinal).Prepend(lines[0]));
    }

    private static async Task<double?> HeapAsync(SaleService service, CancellationToken cancellation)
    {
        var metrics = await service.MetricsAsync(cancellation);
        return metrics.Split('\n').Where(line => line.StartsWith("dotnet_gc_last_collection_heap_size_bytes{", StringComparison.Ordinal))
            .Sum(line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));
    }

    /// <summary>The memory of a process of this machine; null where there is none to look at.</summary>
    private static double? ResidentBytes(int pid)
    {
        var path = string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/status");
        return pid == 0 ? null
            : 1024 * double.Parse(File.ReadLines(path).First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal))
                .Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }

    private static void AddMemory(Verdict verdict, string what, double? before, double? after, int users)
    {
        if (after - before is { } more)
            verdict.Check(more <= MostMegabytesPer100000 * 1e6 * users / 100_000,
                $"{what}: {before / 1e6:0.0} MB before they joined, {after / 1e6:0.0} MB then, {more / users:0} bytes a person");
    }
}
