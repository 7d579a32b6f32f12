using System.Globalization;
using OrleansLimiter.SaleBench.Check;
using OrleansLimiter.SaleBench.Http;
using OrleansLimiter.SaleBench.Play;
using OrleansLimiter.SaleBench.Report;

namespace OrleansLimiter.SaleBench.Commands;

/// <summary>
/// The verb <c>bots</c>: the same sale without bots, with bots that ask once a second, and with bots that ask all the time; what do they
/// cost the people?
/// </summary>
internal static class BotsCommand
{
    private const double Points = 0.03;

    /// <summary>Plays the three sales, one after the other.</summary>
    /// <returns>0 if the bots gained and cost as little as they must, else 1.</returns>
    public static async Task<int> RunAsync(Arguments arguments, CancellationToken cancellation)
    {
        var setting = new BotsSetting(arguments);
        using var service = new SaleService(setting.Urls, setting.OperatorKey, setting.Connections);
        using var botsService = new SaleService(setting.Urls, setting.OperatorKey, Math.Max(setting.Bots, 1));
        var verdict = new Verdict(Console.Out);
        var medians = new List<double>();
        foreach (var botRate in setting.BotRates)
        {
            var (crowd, sale) = await PlayAsync(service, botsService, setting, botRate, cancellation);
            medians.Add(Add(verdict, crowd, sale, await service.SaleAsync(sale.Id, cancellation), setting, botRate));
        }

        Console.WriteLine("The three runs:");
        var (without, most) = (medians[0], ((double)setting.Bots / setting.People) + Points);
        for (var i = 1; i < medians.Count; i++)
            verdict.Check(medians[i] <= without * (1 + most),
                $"bots at {setting.BotRates[i]}/s lengthen the people's median wait by {100 * ((medians[i] / without) - 1):0.0} %, of at "
                + $"most {100 * most:0.0} %");
        verdict.Check(medians[^1] <= medians[1] + (Points * without),
            $"bots at {setting.BotRates[^1]}/s cost the people no more than at {setting.BotRates[1]}/s: {medians[^1]:0.00} s and "
            + $"{medians[1]:0.00} s, of which {100 * Points:0} % of {without:0.00} s is what two runs may differ by");
        return verdict.Status;
    }

    private static async Task<(Crowd Crowd, SaleInfo Sale)> PlayAsync(
        SaleService service, SaleService botsService, BotsSetting setting, int botRate, CancellationToken cancellation)
    {
        var bots = botRate == 0 ? 0 : setting.Bots;
        var accounts = await service.MakeUsersAsync(setting.People + bots, cancellation);
        var sale = await service.MakeSaleAsync("Tickets for all", setting.Tickets, setting.OpensIn, SaleCommand.MaxPerUser, cancellation);
        await service.SetRateAsync(sale.Id, setting.Admissions, cancellation);
        var rush = await Rush.PrepareAsync(service, sale, cancellation);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{setting.People} people and {bots} "
            + $"bots{(bots > 0 ? string.Create(CultureInfo.InvariantCulture, $" at {botRate} requests a second each") : string.Empty)}; "
            + $"{setting.Admissions} a second are let in:"));
        var crowd = new Crowd(rush, accounts[..setting.People], wants: 1, setting.Seed, bots == 0
            ? null
            : (accounts[setting.People..], rush with { Service = botsService }, botRate));
        var took = await crowd.RunAsync(cancellation);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  over after {took.TotalSeconds:0.0} s"));
        return (crowd, sale);
    }

    /// <summary>Prints a run.</summary>
    /// <returns>The people's median wait, in seconds.</returns>
    private static double Add(Verdict verdict, Crowd crowd, SaleInfo before, SaleInfo after, BotsSetting setting, int botRate)
    {
        SaleReport.Add(verdict, crowd, before, after, SaleCommand.MaxPerUser, allowsFaults: false);
        if (botRate > 0)
        {
            var books = Books.Of(crowd.BotsTickets, before, before);
            var sent = crowd.BotsAnswers.All().Sum(one => one.Value);
            verdict.Tell($"bots: {books.Sold} tickets for {crowd.BotsTickets.Count} of {setting.Bots}, {sent} requests");
        }

        return Waits.Of(crowd.PeoplesWaits).P50;
    }
}
