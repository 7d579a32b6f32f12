namespace OrleansLimiter.Grains;

/// <summary>A key whose callers name a <c>slidingWindowCounter</c> policy.</summary>
[Alias("ol.ISlidingWindowCounterGrain")]
public interface ISlidingWindowCounterGrain : ILimitGrain;
