// Attacks a service that it starts by itself, on loopback and for a bounded time: bench/Abuse/README.md says how.
using OrleansLimiter.AbuseBench;

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    stop.Cancel();
};
try
{
    if (args is [] or ["list"])
    {
        foreach (var attack in AttackList.All)
            Console.WriteLine($"{attack.Name,-24} {attack.Summary}");
        return 0;
    }

    return await AttackCommand.RunAsync(AttackList.Named(args[0]), new AttackOptions(Arguments.OfPairs(args.AsSpan(1))), stop.Token);
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
