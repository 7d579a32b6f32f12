
namespace OrleansLimiter.Grains;

/// <summary>One request on the wire. The key is the actor's own.</summary>
/// <param name="Spec">The rules, as the caller knows them.</param>
/// <param name="Operation">The number of the operation.</param>
/// <param name="Permits">How many permits, at least 0.</param>
/// <param name="RequestId">The caller's name for the request; null for none.</param>
/// <param name="LeaseHigh">The upper half of the place to free or to renew, or of the name for a new one; 0 with
/// <paramref name="LeaseLow"/> 0 for none.</param>
/// <param name="LeaseLow">The lower half.</param>
[GenerateSerializer, Immutable, Alias("ol.LimitCall")]
internal readonly record struct LimitCallMessage(
    [property: Id(0)] LimitSpecMessage Spec,
    [property: Id(1)] byte Operation,
    [property: Id(2)] long Permits,
    [property: Id(3)] string? RequestId,
    [property: Id(4)] ulong LeaseHigh,
    [property: Id(5)] ulong LeaseLow);
