using Xunit;

namespace OrleansLimiter.Silo.Tests;

/// <summary>
/// Tests that start processes run one after the other, and beside no others: silos that get no time to run are voted out.
/// </summary>
[CollectionDefinition(nameof(Processes), DisableParallelization = true)]
public sealed class Processes;
