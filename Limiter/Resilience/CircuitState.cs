namespace OrleansLimiter.Resilience;

/// <summary>What a circuit breaker does with a call.</summary>
internal enum CircuitState
{
    /// <summary>Calls go past it.</summary>
    Closed,

    /// <summary>Calls are turned away until its pause is over.</summary>
    Open,

    /// <summary>One call is under way to see whether the engine is back; others are turned away.</summary>
    HalfOpen,
}
