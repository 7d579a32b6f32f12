using Orleans.Metadata;

namespace OrleansLimiter.Grains;

/// <summary>A key whose callers name a <c>concurrency</c> policy.</summary>
[Alias("ol.IConcurrencyGrain"), DefaultGrainType(ActorTypes.Common)]
internal interface IConcurrencyGrain : ILimitGrain;
