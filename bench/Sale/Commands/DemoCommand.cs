using OrleansLimiter.SaleBench.Http;
using OrleansLimiter.SaleBench.Play;
using OrleansLimiter.SaleBench.Report;

namespace OrleansLimiter.SaleBench.Commands;

/// <summary>The verb <c>demo</c>: people and bots rush at a sale, for somebody who watches.</summary>
internal static class DemoCommand
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(0.5);

    /// <summary>Plays it.</summary>
    /// <returns>0 if all held, else 1.</returns>
    public static async Task<int> RunAsync(Arguments arguments, CancellationToken cancellation)
    {
        var urls = arguments.Urls();
        var operatorKey = arguments.Text("operator-key") ?? "dev-operator-key";
        var connections = arguments.Whole("connections", 128, 1, 10_000);
        var people = arguments.Whole("people", 2_000, 1, 100_000);
        var bots = arguments.Whole("bots", 200, 0, 10_000);
        var botRate = arguments.Whole("bot-rate", 2, 1, 1_000);
        var tickets = arguments.Whole("tickets", 500, 1, 10_000);
        var opensIn = arguments.Whole("opens-in", 15, 0, 3_600);
        var admissions = arguments.Whole("admissions", 40, 1, 1_000_000);
        var seed = arguments.Whole("seed", 42, 0, int.MaxValue);
        arguments.RefuseOthers();

        using var service = new SaleService(urls, operatorKey, connections);
        using var botsService = new SaleService(urls, operatorKey, connections); // connections of their own: people do not wait behind bots before the service does
        Console.WriteLine(FormattableString.Invariant($"{people} people and {bots} bots come for {tickets} tickets; {admissions} a second are let in. A bot asks {botRate} times a second, whatever it is told."));
        var accounts = await service.MakeUsersAsync(people + bots, cancellation);
        var sale = await service.MakeSaleAsync("The demonstration", tickets, opensIn, SaleCommand.MaxPerUser, cancellation);
        await service.SetRateAsync(sale.Id, admissions, cancellation);
        var draw = await service.DrawAsync(sale.Id, cancellation);
        var rush = await Rush.PrepareAsync(service, sale, cancellation);
        var crowd = new Crowd(rush, accounts[..people], wants: 2, seed, (accounts[people..], rush with { Service = botsService }, botRate));

        await WatchAsync(service, rush, crowd, crowd.RunAsync(cancellation), cancellation);

        var verdict = new Verdict(Console.Out);
        var after = await service.SaleAsync(sale.Id, cancellation);
        Console.WriteLine(FormattableString.Invariant(
            $"\nTickets: {crowd.PeoplesTickets.Sum(one => one.Count)} to {crowd.PeoplesTickets.Count} people, {crowd.BotsTickets.Sum(one => one.Count)} to {crowd.BotsTickets.Count} bots ({100.0 * bots / (people + bots):0.0} % of all who came are bots)."));
        Console.WriteLine(FormattableString.Invariant($"Refused by the limit, which never asked the line: {Limited(crowd.PeoplesAnswers)} requests of people, {Limited(crowd.BotsAnswers)} of bots."));
        Console.WriteLine(FormattableString.Invariant($"Held in line: {crowd.PeoplesAnswers.Of(AnswerKind.Held)} answers to people, {crowd.BotsAnswers.Of(AnswerKind.Held)} to bots. Checked:\n"));
        SaleReport.Add(verdict, crowd, sale, after, SaleCommand.MaxPerUser, allowsFaults: false);
        SaleReport.AddOrder(verdict, crowd, await service.DrawAsync(sale.Id, cancellation), draw.SeedHash, stale: 0);
        return verdict.Status;
    }

    private static long Limited(Tally tally) => tally.Of(AnswerKind.Limited);

    private static async Task WatchAsync(SaleService service, Rush rush, Crowd crowd, Task over, CancellationToken cancellation)
    {
        await Board.ShowAsync(
            async show =>
            {
                while (!over.IsCompleted)
                {
                    show(Scene.Of(await service.ValveAsync(rush.Sale.Id, cancellation), rush, crowd));
                    await Task.WhenAny(over, Task.Delay(Interval, cancellation));
                }

                await over;
                show(Scene.Of(await service.ValveAsync(rush.Sale.Id, cancellation), rush, crowd));
            });
    }
}
