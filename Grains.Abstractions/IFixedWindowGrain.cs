namespace OrleansLimiter.Grains;

/// <summary>A key whose callers name a <c>fixedWindow</c> policy.</summary>
[Alias("ol.IFixedWindowGrain")]
public interface IFixedWindowGrain : ILimitGrain;
