namespace OrleansLimiter.Valve;

/// <summary>What a valve tells an operator.</summary>
/// <param name="Phase">Where it stands.</param>
/// <param name="IsPaused">Whether the operator holds the line, in whatever phase.</param>
/// <param name="Rates">Its caps now.</param>
/// <param name="Joining">People whose places are not stored yet.</param>
/// <param name="Waiting">People in the pre-queue or in the line.</param>
/// <param name="InCheckout">People with an admission that has not ended.</param>
/// <param name="Counts">What it has done.</param>
/// <param name="Unstored">Records that are not stored yet.</param>
internal readonly record struct ValveStatus(
    ValvePhase Phase,
    bool IsPaused,
    ValveRates Rates,
    int Joining,
    int Waiting,
    int InCheckout,
    ValveCounts Counts,
    long Unstored);
