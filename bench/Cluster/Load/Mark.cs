using System.Globalization;

namespace OrleansLimiter.ClusterBench.Load;

/// <summary>Something that was done to the cluster, or that was seen of it, while the load went on.</summary>
/// <param name="UnixMs">When, by the machine's wall clock.</param>
/// <param name="Name">What.</param>
internal readonly record struct Mark(long UnixMs, string Name)
{
    /// <summary>Reads <c>NAME=unixms</c>.</summary>
    public static Mark OfOption(string text) =>
        text.LastIndexOf('=') is var at and > 0
            && long.TryParse(text[(at + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var unixMs)
            ? new Mark(unixMs, text[..at])
            : throw new UsageException($"--mark is '{text}'; it must be NAME=unixms.");

    /// <summary>Reads lines <c>unixms name</c>; a file that is not there has none.</summary>
    public static IReadOnlyList<Mark> OfFile(string path) =>
        !File.Exists(path) ? [] : [.. File.ReadAllLines(path).Where(line => line.Length > 0).Select(line =>
            line.Split(' ', 2) is [var first, var name]
                && long.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out var unixMs)
                ? new Mark(unixMs, name)
                : throw new UsageException($"{path} has the line '{line}'; lines are 'unixms name'."))];
}
