using Orleans.Metadata;

namespace OrleansLimiter.Grains;

/// <summary>A key whose callers name a <c>fixedWindow</c> policy.</summary>
[Alias("ol.IFixedWindowGrain"), DefaultGrainType(ActorTypes.Common)]
internal interface IFixedWindowGrain : ILimitGrain;
