namespace OrleansLimiter.Grains;

/// <summary>A key whose callers name a <c>concurrency</c> policy.</summary>
[Alias("ol.IConcurrencyGrain")]
public interface IConcurrencyGrain : ILimitGrain;
