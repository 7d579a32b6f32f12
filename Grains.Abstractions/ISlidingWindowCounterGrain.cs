using Orleans.Metadata;

namespace OrleansLimiter.Grains;

/// <summary>A key whose callers name a <c>slidingWindowCounter</c> policy.</summary>
[Alias("ol.ISlidingWindowCounterGrain"), DefaultGrainType(ActorTypes.Common)]
internal interface ISlidingWindowCounterGrain : ILimitGrain;
