using System.Globalization;

namespace OrleansLimiter.Engines.Orleans;

/// <summary>How much a front end asks of the cluster at once.</summary>
public sealed class OrleansEngineOptions
{
    /// <summary>
    /// The most calls in flight; a further one is an overloaded fault at once. The client's own queues have no bound: a stalled silo
    /// would fill the memory. At least 1; default 10,000.
    /// </summary>
    public int MaxCallsInFlight { get; set; } = 10_000;

    /// <summary>Refuses numbers out of bounds.</summary>
    internal void Validate()
    {
        if (MaxCallsInFlight < 1)
            throw new ArgumentOutOfRangeException(nameof(MaxCallsInFlight), MaxCallsInFlight.ToString(CultureInfo.InvariantCulture), "MaxCallsInFlight must be at least 1.");
    }
}
