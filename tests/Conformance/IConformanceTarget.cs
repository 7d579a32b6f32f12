using OrleansLimiter.Core.Limits;
using OrleansLimiter.Core.Ports;

namespace OrleansLimiter.Conformance;

/// <summary>An engine that is to be compared with the Core, and a way to start it and to set its clock.</summary>
public interface IConformanceTarget
{
    /// <summary>What the engine can do, and where the rules leave it a choice.</summary>
    ConformanceFeatures Features { get; }

    /// <summary>Starts a play. The suite names tenants and policies that no other play named, so an engine may serve many plays.</summary>
    /// <param name="start">Where the engine's clock shall stand.</param>
    /// <param name="cancellationToken">Cancels the start.</param>
    /// <returns>The play; disposed when it is over.</returns>
    ValueTask<IConformancePlay> StartAsync(Instant start, CancellationToken cancellationToken);
}

/// <summary>One trace being played on an engine.</summary>
public interface IConformancePlay : IAsyncDisposable
{
    /// <summary>The engine.</summary>
    ILimitEngine Engine { get; }

    /// <summary>Sets the engine's clock, back too if <see cref="ConformanceFeatures.StepsBack"/> is set.</summary>
    /// <param name="now">The time of the next request.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>A task that ends when the clock stands there.</returns>
    ValueTask SetClockAsync(Instant now, CancellationToken cancellationToken);
}

/// <summary>What an engine can do, and where the rules leave it a choice.</summary>
[Flags]
public enum ConformanceFeatures
{
    /// <summary>A clock that only goes forward, and keys that are kept.</summary>
    None = 0,

    /// <summary>The clock may be set back.</summary>
    StepsBack = 1,

    /// <summary>
    /// Keys are forgotten once they are whole. That may show in two ways only: a caller with an older spec is answered under
    /// that spec, and a clock set back behind the forgetting finds a fresh key.
    /// </summary>
    ForgetsWholeKeys = 2,

    /// <summary>A policy's newest spec is kept once for all its keys, forgotten ones included, instead of by each key.</summary>
    SharesNewestSpec = 4,

    /// <summary>
    /// A request under another algorithm has another process count the key, where what is out counts as used for good: stricter than the
    /// Core, which keeps the lease.
    /// </summary>
    HandsOverToOtherAlgorithms = 8,
}
