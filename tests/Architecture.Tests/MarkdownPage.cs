using System.Text.RegularExpressions;

namespace OrleansLimiter.Architecture.Tests;

/// <summary>
/// One page of the documentation: the anchors of its headings, as GitHub makes them, and its links. Code is no text, so what stands in it
/// is neither.
/// </summary>
internal sealed partial class MarkdownPage
{
    private MarkdownPage(string path, HashSet<string> anchors, List<(int Line, string Target)> links) =>
        (Path, Anchors, Links) = (path, anchors, links);

    /// <summary>Its path, relative to the repository, with forward slashes.</summary>
    public string Path { get; }

    public IReadOnlySet<string> Anchors { get; }

    public IReadOnlyList<(int Line, string Target)> Links { get; }

    public static MarkdownPage Parse(string path, string text)
    {
        var anchors = new HashSet<string>(StringComparer.Ordinal);
        var links = new List<(int, string)>();
        var isCode = false;
        foreach (var (index, line) in text.Split('\n').Index())
        {
            if (line.StartsWith("```", StringComparison.Ordinal))
                isCode = !isCode;
            else if (!isCode && Heading().Match(line) is { Success: true } heading)
                AddAnchor(anchors, heading.Groups["text"].Value);
            if (!isCode)
                links.AddRange(Link().Matches(InlineCode().Replace(line, "")).Select(link => (index + 1, link.Groups["target"].Value)));
        }

        return new MarkdownPage(path, anchors, links);
    }

    /// <summary>A sentence for each link into the repository that leads nowhere; empty if there is none.</summary>
    /// <param name="pages">All pages, by path.</param>
    /// <param name="exists">Whether the repository has a file or folder of a path.</param>
    public IEnumerable<string> Violations(IReadOnlyDictionary<string, MarkdownPage> pages, Func<string, bool> exists)
    {
        foreach (var (line, target) in Links.Where(link => !Elsewhere().IsMatch(link.Target)))
        {
            var parts = target.Split('#', 2);
            var path = parts[0].Length == 0 ? Path : Resolve(parts[0]);
            if (path.Length > 0 && !exists(path))
                yield return $"{Path}({line}) links to {target}: there is no {path}";
            else if (parts.Length == 2 && !(pages.TryGetValue(path, out var page) && page.Anchors.Contains(parts[1])))
                yield return $"{Path}({line}) links to {target}: {path} has no heading of that name";
        }
    }

    private string Resolve(string target)
    {
        var parts = new List<string>(Path.Split('/').SkipLast(1));
        foreach (var part in target.Split('/').Where(part => part is not ("" or ".")))
        {
            if (part != "..")
                parts.Add(part);
            else if (parts.Count == 0 || parts[^1] == "..")
                parts.Add(part);
            else
                parts.RemoveAt(parts.Count - 1);
        }

        return string.Join('/', parts);
    }

    private static void AddAnchor(HashSet<string> anchors, string heading)
    {
        // What GitHub does: a link is its text, punctuation goes, each space is a hyphen, and a name that is taken gets a number.
        var text = Link().Replace(heading, link => link.Groups["text"].Value).Trim();
        var name = NotOfAnchors().Replace(text.ToLowerInvariant(), "").Replace(' ', '-');
        var anchor = name;
        for (var i = 1; !anchors.Add(anchor); i++)
            anchor = $"{name}-{i}";
    }

    [GeneratedRegex(@"^#{1,6} +(?<text>.*?) *#*$")]
    private static partial Regex Heading();

    [GeneratedRegex(@"\[(?<text>[^\]]*)\]\((?<target>[^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex("`[^`]*`")]
    private static partial Regex InlineCode();

    [GeneratedRegex(@"[^\p{L}\p{N} _-]")]
    private static partial Regex NotOfAnchors();

    [GeneratedRegex("^[a-z]+:")]
    private static partial Regex Elsewhere();
}
