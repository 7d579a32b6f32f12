namespace OrleansLimiter.Grains;

/// <summary>A key whose callers name a <c>slidingWindowLog</c> policy.</summary>
[Alias("ol.ISlidingWindowLogGrain")]
public interface ISlidingWindowLogGrain : ILimitGrain;
