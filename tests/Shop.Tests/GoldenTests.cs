using OrleansLimiter.ServiceKit;
using Xunit;

namespace OrleansLimiter.Shop.Tests;

/// <summary>Conversations about accounts, tickets and the line, to the letter (<see cref="GoldenFiles"/>).</summary>
public sealed class GoldenTests
{
    public static TheoryData<string> Files => GoldenFiles.Names();

    [Theory]
    [MemberData(nameof(Files))]
    public Task Every_answer_is_as_written(string file) => GoldenFiles.CheckAsync(file);
}
