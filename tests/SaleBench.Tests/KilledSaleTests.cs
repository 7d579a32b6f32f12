using System.Globalization;
using OrleansLimiter.SaleBench.Http;
using OrleansLimiter.SaleBench.Play;
using OrleansLimiter.SaleBench.Report;
using OrleansLimiter.TestKit.Processes;
using Xunit;

namespace OrleansLimiter.SaleBench.Tests;

/// <summary>A service as a process that is killed in the middle of a sale.</summary>
public sealed class KilledSaleTests
{
    private const int Bound = 240_000;
    private const int Buyers = 100;
    private const int Tickets = 120;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = Bound)]
    public async Task A_front_end_is_killed_in_mid_sale_and_the_one_after_it_serves_everybody_else_and_sells_nothing_twice()
    {
        var folder = Directory.CreateTempSubdirectory("orleanslimiter-");
        var port = Ports.Next();
        using var service = new SaleService(
            [new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"))], "dev-operator-key", connections: 100);
        await using var first = Start(folder, port);
        await ServesAsync(service, folder);
        var accounts = await service.MakeUsersAsync(Buyers, Cancellation);
        var sale = await service.MakeSaleAsync("A rush", Tickets, opensInSeconds: 0, maxPerUser: 4, Cancellation);
        await service.SetRateAsync(sale.Id, admissions: 10, Cancellation);
        var crowd = new Crowd(await Rush.PrepareAsync(service, sale, Cancellation), accounts, wants: 1, seed: 42);
        var rush = crowd.RunAsync(Cancellation);
        await Eventually.TrueAsync($"some are sold ({folder})", async () =>
            (await service.SaleAsync(sale.Id, Cancellation)).Available < Tickets - 10, Cancellation);

        await first.SignalAsync("KILL");
        await first.ExitAsync(Cancellation);
        await using var second = Start(folder, port);
        await ServesAsync(service, folder);
        await rush;

        using var text = new StringWriter(CultureInfo.InvariantCulture);
        var verdict = new Verdict(text);
        SaleReport.Add(verdict, crowd, sale, await service.SaleAsync(sale.Id, Cancellation), maxPerUser: 4, allowsFaults: true);
        Assert.True(verdict.IsGood, text.ToString());
        folder.Delete(recursive: true);
    }

    private static Child Start(DirectoryInfo folder, int port) =>
        Child.Start(Path.Combine(folder.FullName, "api.log"), ["dotnet", Programs.Api], new Dictionary<string, string>
        {
            ["ASPNETCORE_ENVIRONMENT"] = "Development",
            ["ASPNETCORE_CONTENTROOT"] = Path.Combine(Programs.Root, "Api"),
            ["PORT"] = port.ToString(CultureInfo.InvariantCulture),
            ["DATABASE_URL"] = $"sqlite:{Path.Combine(folder.FullName, "sale.db")}",
            ["JWT_SECRET"] = "of no use to anybody but this test, and long enough",
        });

    private static Task ServesAsync(SaleService service, DirectoryInfo folder) => Eventually.TrueAsync(
        $"the service answers ({folder})",
        async () =>
        {
            try
            {
                await service.MetricsAsync(Cancellation);
                return true;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        },
        Cancellation);
}
