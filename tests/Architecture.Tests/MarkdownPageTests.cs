using Xunit;

namespace OrleansLimiter.Architecture.Tests;

/// <summary>The checker of links itself: it must be able to fail, and only for its own reason.</summary>
public class MarkdownPageTests
{
    [Theory]
    [InlineData("see [x](gone.md)", "docs/a.md(1) links to gone.md: there is no docs/gone.md")]
    [InlineData("\n[`code`](../gone)", "docs/a.md(2) links to ../gone: there is no gone")]
    [InlineData("[x](../../outside)", "docs/a.md(1) links to ../../outside: there is no ../outside")]
    [InlineData("[x](#nothing)", "docs/a.md(1) links to #nothing: docs/a.md has no heading of that name")]
    [InlineData("[x](b.md#nothing)", "docs/a.md(1) links to b.md#nothing: docs/b.md has no heading of that name")]
    [InlineData("[x](b.md#in-code)", "docs/a.md(1) links to b.md#in-code: docs/b.md has no heading of that name")]
    public void A_link_that_leads_nowhere_is_named_with_its_line(string text, string violation) =>
        Assert.Equal([violation], ViolationsIn(text));

    [Theory]
    [InlineData("[x](b.md), [y](../Core), [z](../README.md#top)")]
    [InlineData("[x](b.md#it-isnt-so-core--other), [y](b.md#twice), [z](b.md#twice-1)")]
    [InlineData("# Here\n[x](#here)")]
    [InlineData("[x](https://example.com/gone#nothing)")]
    [InlineData("`[x](gone.md)`\n```\n[x](gone.md)\n```")]
    public void A_link_that_leads_somewhere_and_what_is_none_are_not(string text) => Assert.Empty(ViolationsIn(text));

    private static IEnumerable<string> ViolationsIn(string text)
    {
        MarkdownPage[] pages =
        [
            MarkdownPage.Parse("docs/a.md", text),
            MarkdownPage.Parse("docs/b.md", "# It isn't so: `Core` & [other](x)\n## Twice\n## Twice\n```\n# In code\n```\n"),
            MarkdownPage.Parse("README.md", "# Top\n"),
        ];
        HashSet<string> folders = ["Core", "docs"];
        var byPath = pages.ToDictionary(page => page.Path);
        return pages[0].Violations(byPath, path => folders.Contains(path) || byPath.ContainsKey(path));
    }
}
