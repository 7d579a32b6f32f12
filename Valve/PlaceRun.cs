namespace OrleansLimiter.Valve;

/// <summary>Places with consecutive numbers. Most of those who come stay, so a draw of 100,000 places is a few runs.</summary>
/// <param name="First">The first number.</param>
/// <param name="Last">The last number, included.</param>
internal readonly record struct PlaceRun(long First, long Last);
