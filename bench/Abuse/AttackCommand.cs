namespace OrleansLimiter.AbuseBench;

/// <summary>Runs an attack against each engine that is asked for, and prints what was found.</summary>
internal static class AttackCommand
{
    // Starting a cluster on a busy machine takes its time; no attack goes on for ever.
    private static readonly TimeSpan Allowance = TimeSpan.FromMinutes(20);

    /// <summary>Runs it.</summary>
    /// <returns>0 if everything held that must hold, else 1.</returns>
    public static async Task<int> RunAsync(IAttack attack, AttackOptions options, CancellationToken cancellation)
    {
        Console.WriteLine($"{attack.Name}: {attack.Summary}");
        var held = true;
        foreach (var engine in options.Engines)
        {
            using var bound = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            bound.CancelAfter(TimeSpan.FromSeconds(options.Seconds ?? 0) + Allowance);
            await using var run = new AttackRun(engine, options);
            try
            {
                await attack.RunAsync(run, bound.Token);
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                run.Findings.Check(false, "ended in time", "no", "yes");
            }

            Console.WriteLine();
            Console.WriteLine(run.Findings.ToTable($"{attack.Name} on {engine}"));
            held &= run.Findings.AllHeld;
        }

        return held ? 0 : 1;
    }
}
