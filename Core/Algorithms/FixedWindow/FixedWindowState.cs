namespace OrleansLimiter.Core.Algorithms.FixedWindow;

/// <summary>A fixed window's state.</summary>
/// <param name="Window">Which window since the epoch was counted last.</param>
/// <param name="Count">The permits admitted in it.</param>
internal readonly record struct FixedWindowState(long Window, long Count);
