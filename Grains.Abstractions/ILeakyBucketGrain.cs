using Orleans.Metadata;

namespace OrleansLimiter.Grains;

/// <summary>A key whose callers name a <c>leakyBucket</c> policy.</summary>
[Alias("ol.ILeakyBucketGrain"), DefaultGrainType(ActorTypes.Common)]
internal interface ILeakyBucketGrain : ILimitGrain;
