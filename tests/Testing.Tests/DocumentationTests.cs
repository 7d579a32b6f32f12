using Xunit;

namespace OrleansLimiter.Testing.Tests;

public sealed class DocumentationTests
{
    /// <summary>But for what an app's tests are not: in a namespace below the product's.</summary>
    [Fact]
    public void The_documentation_shows_the_tests_of_a_mailer_word_for_word()
    {
        var tests = RepositoryFile("tests/Testing.Tests/MailerTests.cs")
            .Replace("namespace OrleansLimiter.Testing.Tests;\n\n", "", StringComparison.Ordinal)
            .Replace(
                "using OrleansLimiter.Core.Decisions;\n",
                "using OrleansLimiter;\nusing OrleansLimiter.Core.Decisions;\nusing OrleansLimiter.Testing;\n",
                StringComparison.Ordinal);

        var section = RepositoryFile("docs/in-your-app.md").Split("## In your tests\n", 2)[1];
        Assert.Equal(tests, section.Split("```csharp\n", 2)[1].Split("```", 2)[0]);
    }

    private static string RepositoryFile(string path)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "OrleansLimiter.sln")))
            folder = folder.Parent ?? throw new DirectoryNotFoundException("No folder above holds OrleansLimiter.sln.");
        return File.ReadAllText(Path.Combine(folder.FullName, path));
    }
}
