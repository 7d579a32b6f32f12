using System.Globalization;
using OrleansLimiter.SaleBench.Http;
using OrleansLimiter.SaleBench.Play;
using OrleansLimiter.SaleBench.Report;

namespace OrleansLimiter.SaleBench.Commands;

/// <summary>The verb <c>sale</c>: thousands rush at a sale, and what came of it is checked.</summary>
internal static class SaleCommand
{
    /// <summary>The most tickets of a user in the sales that are made here, unless told otherwise.</summary>
    public const int MaxPerUser = 4;

    /// <summary>Plays it.</summary>
    /// <returns>0 if all held, else 1.</returns>
    public static async Task<int> RunAsync(Arguments arguments, CancellationToken cancellation)
    {
        var urls = arguments.Urls();
        var operatorKey = arguments.Text("operator-key") ?? "dev-operator-key";
        var connections = arguments.Whole("connections", 512, 1, 10_000);
        var buyers = arguments.Whole("buyers", 5_000, 1, 100_000);
        var tickets = arguments.Whole("tickets", 500, 1, 10_000);
        var opensIn = arguments.Whole("opens-in", 20, 0, 3_600);
        var maxPerUser = arguments.Whole("max-per-user", MaxPerUser, 1, 100);
        var wants = arguments.Whole("wants", 2, 1, maxPerUser);
        var admissions = arguments.Whole("admissions", 100, 1, 1_000_000);
        var seed = arguments.Whole("seed", 42, 0, int.MaxValue);
        var stale = 1_000L * arguments.Whole("stale-ms", 0, 0, 60_000);
        var allowsFaults = arguments.Flag("faults");
        var given = SaleIdOf(arguments);
        arguments.RefuseOthers();

        using var service = new SaleService(urls, operatorKey, connections);
        var accounts = await service.MakeUsersAsync(buyers, cancellation);
        var sale = given is { } id
            ? await service.SaleAsync(id, cancellation)
            : await service.MakeSaleAsync("A rush", tickets, opensIn, maxPerUser, cancellation);
        if (given is null)
            await service.SetRateAsync(sale.Id, admissions, cancellation);
        var (valve, draw) = (await service.ValveAsync(sale.Id, cancellation), await service.DrawAsync(sale.Id, cancellation));
        var rush = await Rush.PrepareAsync(service, sale, cancellation);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{buyers} people come at once for the {sale.Available} tickets of sale {sale.Id} ({valve.Phase}, {valve.Admissions} people "
                + $"let in per {valve.WindowMs} ms, engine {valve.Source})."));

        var crowd = new Crowd(rush, accounts, wants, seed);
        var took = await RunAsync(crowd, rush, urls, operatorKey, cancellation);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Over after {took.TotalSeconds:0.0} s."));
        var verdict = new Verdict(Console.Out);
        SaleReport.Add(verdict, crowd, sale, await service.SaleAsync(sale.Id, cancellation), maxPerUser, allowsFaults);
        SaleReport.AddOrder(verdict, crowd, await service.DrawAsync(sale.Id, cancellation), draw.SeedHash, stale);
        verdict.Tell($"the valve: {(await service.ValveAsync(sale.Id, cancellation)).Counts}");
        return verdict.Status;
    }

    /// <summary>Lets the crowd come, until everybody has tickets or sees on the sale's page that there are none.</summary>
    private static async Task<TimeSpan> RunAsync(
        Crowd crowd, Rush rush, IReadOnlyList<Uri> urls, string operatorKey, CancellationToken cancellation)
    {
        using var page = new SaleService(urls, operatorKey, connections: 1);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var watching = Task.Run(() => SoldOutWatch.RunAsync(page, rush, told: null, end.Token), cancellation);
        try
        {
            return await crowd.RunAsync(cancellation);
        }
        finally
        {
            await end.CancelAsync();
            await watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static Guid? SaleIdOf(Arguments arguments) => arguments.Text("sale") switch
    {
        null => null,
        var text when Guid.TryParseExact(text, "D", out var id) => id,
        var text => throw new UsageException($"--sale is '{text}'; it must be a sale's id."),
    };
}
