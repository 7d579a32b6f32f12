namespace OrleansLimiter.Core.Algorithms.TokenBucket;

/// <summary>A token bucket's state.</summary>
/// <param name="Tokens">Whole permits in the bucket, 0 to the capacity.</param>
/// <param name="Credit">The fraction on its way to the next permit, in permits times ticks: 0 to w - 1.</param>
/// <param name="Last">The tick up to which the bucket was refilled.</param>
internal readonly record struct TokenBucketState(long Tokens, long Credit, long Last);
