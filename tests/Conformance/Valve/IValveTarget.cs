using OrleansLimiter.Core.Limits;
using OrleansLimiter.Valve;

namespace OrleansLimiter.Conformance.Valve;

/// <summary>A valve engine that is to be compared with the Core, and a way to start it and to set its clock.</summary>
internal interface IValveTarget
{
    /// <summary>What the engine can be made to do.</summary>
    ValveFeatures Features { get; }

    /// <summary>Starts a play. The suite names a sale that no other play named, so an engine may serve many plays.</summary>
    /// <param name="start">Where the engine's clock shall stand.</param>
    /// <param name="seedOf">What the engine shall take for the seed of a sale.</param>
    /// <param name="cancellationToken">Cancels the start.</param>
    /// <returns>The play; disposed when it is over.</returns>
    ValueTask<IValvePlay> StartAsync(Instant start, Func<SaleId, DrawSeed> seedOf, CancellationToken cancellationToken);
}

/// <summary>One trace being played on a valve engine.</summary>
internal interface IValvePlay : IAsyncDisposable
{
    /// <summary>The engine.</summary>
    IValveEngine Engine { get; }

    /// <summary>Sets the engine's clock forward.</summary>
    /// <param name="now">The time of the next call.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>A task that ends when the clock stands there.</returns>
    ValueTask SetClockAsync(Instant now, CancellationToken cancellationToken);

    /// <summary>
    /// Has everything stored that is not, as often as that makes something new to store; only where
    /// <see cref="ValveFeatures.StoresWhenTold"/> is set.
    /// </summary>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>A task that ends when nothing is left to store.</returns>
    ValueTask StoreAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Loses what is not stored and comes back, at the time that the clock stands at; only where <see cref="ValveFeatures.Restarts"/> is
    /// set.
    /// </summary>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>A task that ends when it is back.</returns>
    ValueTask CrashAsync(CancellationToken cancellationToken);
}

/// <summary>What a valve engine can be made to do.</summary>
[Flags]
internal enum ValveFeatures
{
    /// <summary>Everything is stored in the call that makes it, and the engine never stands still.</summary>
    None = 0,

    /// <summary>Nothing is stored until the play says so.</summary>
    StoresWhenTold = 1,

    /// <summary>It can be made to crash.</summary>
    Restarts = 2,

    /// <summary>Its clock may jump by more than a second without it being asked meanwhile.</summary>
    StandsStill = 4,
}
