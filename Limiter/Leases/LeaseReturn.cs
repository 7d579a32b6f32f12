using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Leases;

/// <summary>What a front end is to send back to a key's owner.</summary>
/// <param name="Id">The lease.</param>
/// <param name="Permits">How many of its permits were not spent; the owner counts no more than it gave.</param>
internal readonly record struct LeaseReturn(LeaseId Id, long Permits);
