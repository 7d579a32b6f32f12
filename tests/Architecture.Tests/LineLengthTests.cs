using Xunit;

namespace OrleansLimiter.Architecture.Tests;

/// <summary>A line of code is read without scrolling.</summary>
public class LineLengthTests
{
    private const int Longest = 140;

    [Fact]
    public void No_line_of_code_is_longer_than_140_characters()
    {
        var violations = RepositoryFiles.EndingIn(".cs").Where(path => !path.Contains("/Migrations/", StringComparison.Ordinal))
            .SelectMany(path => RepositoryFiles.Read(path).Split('\n').Index()
                .Where(line => line.Item.Length > Longest).Select(line => $"{path}({line.Index + 1})"))
            .ToList();

        Assert.True(violations.Count == 0, $"longer than {Longest} characters: {string.Join(", ", violations)}");
    }
}
