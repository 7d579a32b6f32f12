namespace OrleansLimiter.Resilience;

/// <summary>When a request was asked of the engine.</summary>
/// <param name="Timestamp">By the monotonic timer.</param>
/// <param name="Epoch">How often something had been given back until then.</param>
internal readonly record struct AskedAt(long Timestamp, int Epoch);
