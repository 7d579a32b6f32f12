using Orleans.Metadata;

namespace OrleansLimiter.Grains;

/// <summary>A key whose callers name a <c>tokenBucket</c> policy.</summary>
[Alias("ol.ITokenBucketGrain"), DefaultGrainType(ActorTypes.Common)]
internal interface ITokenBucketGrain : ILimitGrain;
