namespace OrleansLimiter.Core.Algorithms.SlidingWindowCounter;

/// <summary>A sliding window counter's state.</summary>
/// <param name="Window">Which window since the epoch was counted last.</param>
/// <param name="Previous">The permits admitted in the window before it.</param>
/// <param name="Current">The permits admitted in it.</param>
internal readonly record struct SlidingWindowCounterState(long Window, long Previous, long Current);
