namespace OrleansLimiter.Grains;

/// <summary>A key whose callers name a <c>gcra</c> policy.</summary>
[Alias("ol.IGcraGrain")]
public interface IGcraGrain : ILimitGrain;
