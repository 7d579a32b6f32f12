using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Leases;

/// <summary>Permits that this front end was given in advance.</summary>
/// <param name="Id">The lease's name.</param>
/// <param name="Given">How many it was given.</param>
/// <param name="Left">How many of them are left.</param>
/// <param name="StopsAt">From when on none of them is spent, by this front end's monotonic time.</param>
internal readonly record struct HeldLease(LeaseId Id, long Given, long Left, Instant StopsAt);
