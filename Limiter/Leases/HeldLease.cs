using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Leases;

/// <summary>Permits that this front end was given in advance.</summary>
/// <param name="Id">The lease's name.</param>
/// <param name="Given">How many it was given.</param>
/// <param name="Left">How many of them are left.</param>
/// <param name="StopsAt">From when on none of them is spent, by this front end's monotonic time.</param>
internal readonly record struct HeldLease(LeaseId Id, long Given, long Left, Instant StopsAt);

/// <summary>What a front end is to ask a key's owner for.</summary>
/// <param name="Id">The name of the new lease.</param>
/// <param name="Permits">How many permits at most.</param>
internal readonly record struct LeaseCall(LeaseId Id, long Permits);

/// <summary>What a front end is to send back to a key's owner.</summary>
/// <param name="Id">The lease.</param>
/// <param name="Permits">How many of its permits were not spent; the owner counts no more than it gave.</param>
internal readonly record struct LeaseReturn(LeaseId Id, long Permits);
