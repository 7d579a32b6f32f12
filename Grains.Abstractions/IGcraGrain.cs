using Orleans.Metadata;

namespace OrleansLimiter.Grains;

/// <summary>A key whose callers name a <c>gcra</c> policy.</summary>
[Alias("ol.IGcraGrain"), DefaultGrainType(ActorTypes.Common)]
internal interface IGcraGrain : ILimitGrain;
