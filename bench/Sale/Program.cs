// Plays flash sales against a running service: bench/Sale/README.md says how, and what every figure means.
using OrleansLimiter.SaleBench.Commands;

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    stop.Cancel();
};
try
{
    return args switch
    {
        ["sale", .. var rest] => await SaleCommand.RunAsync(Arguments.OfPairsAndFlags(rest), stop.Token),
        ["demo", .. var rest] => await DemoCommand.RunAsync(Arguments.OfPairsAndFlags(rest), stop.Token),
        ["bots", .. var rest] => await BotsCommand.RunAsync(Arguments.OfPairsAndFlags(rest), stop.Token),
        ["polls", .. var rest] => await PollsCommand.RunAsync(Arguments.OfPairsAndFlags(rest), stop.Token),
        _ => throw new UsageException("The first argument is the verb: sale, demo, bots or polls. bench/Sale/README.md has the options."),
    };
}
catch (UsageException wrong)
{
    Console.Error.WriteLine(wrong.Message);
    return 2;
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    return 130;
}
