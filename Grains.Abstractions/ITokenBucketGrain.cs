namespace OrleansLimiter.Grains;

/// <summary>A key whose callers name a <c>tokenBucket</c> policy.</summary>
[Alias("ol.ITokenBucketGrain")]
public interface ITokenBucketGrain : ILimitGrain;
