namespace OrleansLimiter.AspNetCore;

/// <summary>A limit that an endpoint requires: metadata that <c>RequireLimit</c> adds.</summary>
/// <param name="Policy">The policy's name.</param>
/// <param name="Cost">How many permits a request takes, at least 0.</param>
public sealed record LimitRequirement(string Policy, int Cost);
