using Orleans.Metadata;

namespace OrleansLimiter.Grains;

/// <summary>A key whose callers name a <c>slidingWindowLog</c> policy.</summary>
[Alias("ol.ISlidingWindowLogGrain"), DefaultGrainType(ActorTypes.Common)]
internal interface ISlidingWindowLogGrain : ILimitGrain;
