namespace OrleansLimiter.Health;

/// <summary>What an engine knows of itself beside its answers, in words that hold no secret.</summary>
internal interface IEngineHealth
{
    /// <summary>What is wrong; null if nothing is known to be.</summary>
    string? Problem { get; }

    /// <summary>What may lose limits although the engine answers; null if nothing is known to.</summary>
    string? Risk { get; }
}
