using OrleansLimiter.ServiceKit;
using Xunit;

namespace OrleansLimiter.Api.Tests;

/// <summary>Conversations about limits, and with operators, to the letter (<see cref="GoldenFiles"/>).</summary>
public sealed class GoldenTests
{
    public static TheoryData<string> Files => GoldenFiles.Names();

    [Theory]
    [MemberData(nameof(Files))]
    public Task Every_answer_is_as_written(string file) => GoldenFiles.CheckAsync(file);
}
