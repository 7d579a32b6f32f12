using System.Globalization;
using OrleansLimiter.SaleBench.Http;
using OrleansLimiter.SaleBench.Play;
using OrleansLimiter.SaleBench.Report;

namespace OrleansLimiter.SaleBench.Commands;

/// <summary>The verb <c>demo</c>: people and bots rush at a sale, for somebody who watches.</summary>
internal static class DemoCommand
{
    private const int WatchersConnections = 2;
    private const int PlaceOfOneIn = 4;

    /// <summary>Plays it.</summary>
    /// <returns>0 if all held, else 1.</returns>
    public static async Task<int> RunAsync(Arguments arguments, CancellationToken cancellation)
    {
        var urls = arguments.Urls();
        var operatorKey = arguments.Text("operator-key") ?? "dev-operator-key";
        var connections = arguments.Whole("connections", 10_000, 1, 10_000);
        var people = arguments.Whole("people", 2_000, 1, 100_000);
        var bots = arguments.Whole("bots", 200, 0, 10_000);
        var botRate = arguments.Whole("bot-rate", 2, 1, 1_000);
        var tickets = arguments.Whole("tickets", 500, 1, 10_000);
        var opensIn = arguments.Whole("opens-in", 15, 0, 3_600);
        var admissions = arguments.Whole("admissions", 40, 1, 1_000_000);
        var checkout = arguments.Whole("checkout", 60, 1, 1_000_000);
        var seed = arguments.Whole("seed", 42, 0, int.MaxValue);
        arguments.RefuseOthers();

        // a connection each: nobody waits behind others before the service does
        using var service = new SaleService(urls, operatorKey, connections);
        using var watch = new SaleService(urls, operatorKey, WatchersConnections);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{people} people and {bots} bots come for {tickets} tickets; {admissions} a second are let in, {checkout} at a time. A bot "
                + $"asks {botRate} times a second, whatever it is told."));
        var accounts = await watch.MakeUsersAsync(people + bots, cancellation);
        var sale = await watch.MakeSaleAsync("The demonstration", tickets, opensIn, SaleCommand.MaxPerUser, cancellation);
        await watch.SetRateAsync(sale.Id, admissions, cancellation);
        await watch.SetCheckoutAsync(sale.Id, checkout, cancellation);
        var draw = await watch.DrawAsync(sale.Id, cancellation);
        var rush = await Rush.PrepareAsync(service, sale, cancellation) with { PlaceOfOneIn = PlaceOfOneIn };
        var crowd = new Crowd(rush, accounts[..people], wants: 2, seed, (accounts[people..], rush, botRate));

        await WatchAsync(watch, rush, crowd, cancellation);

        var verdict = new Verdict(Console.Out);
        var after = await watch.SaleAsync(sale.Id, cancellation);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"\nTickets: {crowd.PeoplesTickets.Sum(one => one.Count)} to {crowd.PeoplesTickets.Count} people, "
                + $"{crowd.BotsTickets.Sum(one => one.Count)} to {crowd.BotsTickets.Count} bots."));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"Refused by the limit, which never asked the line: {Limited(crowd.PeoplesAnswers)} requests of people, "
            + $"{Limited(crowd.BotsAnswers)} of bots."));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"Held in line: {crowd.PeoplesAnswers.Of(AnswerKind.Held)} answers to people, {crowd.BotsAnswers.Of(AnswerKind.Held)} to bots. "
            + $"Checked:\n"));
        SaleReport.Add(verdict, crowd, sale, after, SaleCommand.MaxPerUser, allowsFaults: false);
        SaleReport.AddOrder(verdict, crowd, await watch.DrawAsync(sale.Id, cancellation), draw.SeedHash, stale: 0);
        if (bots > 0)
            Console.WriteLine($"\n{BotsShare.Of(people, bots, crowd)}");
        verdict.Close();
        return verdict.Status;
    }

    private static long Limited(Tally tally) => tally.Of(AnswerKind.Limited);

    /// <summary>Lets the crowd come, and shows what happens; when all is sold, everybody sees it.</summary>
    private static async Task WatchAsync(SaleService watch, Rush rush, Crowd crowd, CancellationToken cancellation)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var told = (Valve: await watch.ValveAsync(rush.Sale.Id, cancellation), At: Clock.Now);
        var gate = new Lock();
        var asking = Task.Run(() => SoldOutWatch.RunAsync(watch, rush, Tell, end.Token), cancellation);
        try
        {
            await Board.ShowAsync(Look, crowd.RunAsync(cancellation));
        }
        finally
        {
            await end.CancelAsync();
            await asking.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        Scene Look()
        {
            lock (gate)
                return Scene.Of(told.Valve, told.At, rush, crowd);
        }

        void Tell(ValveInfo valve)
        {
            lock (gate)
                told = (valve, Clock.Now);
        }
    }
}
