using Orleans.Metadata;

namespace OrleansLimiter.Grains;

/// <summary>A key whose callers name a <c>leakyBucket</c> policy.</summary>
[Alias("ol.ILeakyBucketGrain"), DefaultGrainType(ActorTypes.Common)]
public interface ILeakyBucketGrain : ILimitGrain;
