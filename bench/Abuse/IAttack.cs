namespace OrleansLimiter.AbuseBench;

/// <summary>
/// An attack on the service, and what it must not cost others. One class each, with a constructor without parameters:
/// <see cref="AttackList"/> finds it, and its name is the command. It is bounded in time and stays on loopback.
/// </summary>
internal interface IAttack
{
    /// <summary>The command: lower case, digits and hyphens.</summary>
    string Name { get; }

    /// <summary>What is done, and what must hold, in one line.</summary>
    string Summary { get; }

    /// <summary>Starts a service, attacks it, and writes what was found into <see cref="AttackRun.Findings"/>.</summary>
    /// <param name="run">The run, which starts services and collects findings.</param>
    /// <param name="cancellation">Ends the attack: the user has, or it took too long.</param>
    Task RunAsync(AttackRun run, CancellationToken cancellation);
}
