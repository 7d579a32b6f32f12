namespace OrleansLimiter.Shop.Data;

/// <summary>The database has no time for new work: nothing was begun, and the same request makes sense again in a moment.</summary>
/// <param name="expectedWait">How long the work would have waited at the pace of now.</param>
internal sealed class DatabaseBusyException(TimeSpan expectedWait) : Exception("The database has no time for new work at the moment.")
{
    private const int LongestSeconds = 10;

    /// <summary>In how many whole seconds to try again: 1 to 10.</summary>
    public int RetryAfterSeconds { get; } = (int)Math.Clamp(Math.Ceiling(expectedWait.TotalSeconds), 1, LongestSeconds);
}
