using Xunit;

namespace OrleansLimiter.Memory.Tests;

/// <summary>Tests that measure the memory of the whole process: they run alone.</summary>
[CollectionDefinition(nameof(MeasuredMemory), DisableParallelization = true)]
public sealed class MeasuredMemory;
