using Xunit;

namespace OrleansLimiter.Architecture.Tests;

/// <summary>The documentation as it is: its links lead somewhere, its indexes are whole, the first page stays short.</summary>
public class DocumentationTests
{
    private const int MostWords = 1_800;

    // Whatever else somebody keeps in the folder is not the documentation.
    private static readonly string[] Places = ["README.md", "CONTRIBUTING.md", "docs/", "bench/", "findings/"];

    private static readonly Dictionary<string, MarkdownPage> Pages =
        RepositoryFiles.EndingIn(".md").Where(path => Places.Any(place => path.StartsWith(place, StringComparison.Ordinal)))
            .Select(path => MarkdownPage.Parse(path, RepositoryFiles.Read(path))).ToDictionary(page => page.Path);

    [Fact]
    public void Every_link_and_every_anchor_is_there()
    {
        var violations = Pages.Values.SelectMany(page => page.Violations(Pages, Exists)).ToList();

        Assert.True(violations.Count == 0, string.Join(Environment.NewLine, violations));
        Assert.Contains("docs/architecture.md", Pages.Keys);
        Assert.Contains("CONTRIBUTING.md", Pages.Keys);
    }

    /// <summary>As <c>wc -w</c> counts.</summary>
    [Fact]
    public void The_first_page_is_short() =>
        Assert.InRange(
            RepositoryFiles.Read("README.md").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length, 1, MostWords - 1);

    [Theory]
    [InlineData("docs")]
    [InlineData("docs/decisions")]
    public void Every_page_of_a_folder_is_in_its_index(string folder)
    {
        var pages = Pages.Keys.Where(path => path.StartsWith($"{folder}/", StringComparison.Ordinal))
            .Select(path => path[(folder.Length + 1)..])
            .Where(name => !name.Contains('/', StringComparison.Ordinal) && name != "README.md").ToList();

        Assert.NotEmpty(pages);
        Assert.Empty(pages.Except(Pages[$"{folder}/README.md"].Links.Select(link => link.Target)));
    }

    private static bool Exists(string path) =>
        Path.Exists(Path.Combine(RepositoryFiles.Root, path)) && !path.StartsWith("..", StringComparison.Ordinal);
}
