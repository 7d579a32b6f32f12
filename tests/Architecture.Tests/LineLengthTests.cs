using Xunit;

namespace OrleansLimiter.Architecture.Tests;

/// <summary>A line of code is read without scrolling.</summary>
public class LineLengthTests
{
    private const int Longest = 140;

    // Written by a tool, and scripts of earlier builds as they were.
    private static readonly string[] NotWrittenHere = ["/Migrations/", "/Payloads/"];

    [Fact]
    public void No_line_of_code_is_longer_than_140_characters()
    {
        var violations = RepositoryFiles.EndingIn(".cs", ".lua")
            .Where(path => !NotWrittenHere.Any(folder => path.Contains(folder, StringComparison.Ordinal)))
            .SelectMany(path => RepositoryFiles.Read(path).Split('\n').Index()
                .Where(line => line.Item.Length > Longest).Select(line => $"{path}({line.Index + 1})"))
            .ToList();

        Assert.True(violations.Count == 0, $"longer than {Longest} characters: {string.Join(", ", violations)}");
    }
}
