using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Leases;

/// <summary>What a front end is to ask a key's owner for.</summary>
/// <param name="Id">The name of the new lease.</param>
/// <param name="Permits">How many permits at most.</param>
internal readonly record struct LeaseCall(LeaseId Id, long Permits);
