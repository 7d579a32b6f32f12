namespace OrleansLimiter.Core.Algorithms;

/// <summary>The three numbers that the state of one bandwidth packs into; what each means is its algorithm's affair.</summary>
/// <param name="A">The first.</param>
/// <param name="B">The second.</param>
/// <param name="C">The third.</param>
internal readonly record struct StateCells(long A, long B, long C);
