namespace OrleansLimiter.Grains;

/// <summary>A key whose callers name a <c>leakyBucket</c> policy.</summary>
[Alias("ol.ILeakyBucketGrain")]
public interface ILeakyBucketGrain : ILimitGrain;
