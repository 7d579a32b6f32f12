using System.Text.RegularExpressions;

namespace OrleansLimiter.Architecture.Tests;

/// <summary>Checks that source text holds no mark of unfinished work.</summary>
internal static partial class SourceText
{
    /// <summary>One sentence for each mark; empty if there is none.</summary>
    public static IReadOnlyList<string> Violations(string path, string text) =>
        Mark().Matches(text)
            .Select(mark => $"{path}({text.AsSpan(0, mark.Index).Count('\n') + 1}) says {mark.Value}: finish it, or leave it out")
            .ToList();

    [GeneratedRegex(@"\b(TODO|FIXME|(?<=new )NotImplementedException)\b")]
    private static partial Regex Mark();
}
