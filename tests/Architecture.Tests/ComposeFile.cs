using System.Globalization;
using System.Text.RegularExpressions;

namespace OrleansLimiter.Architecture.Tests;

/// <summary>What the tests want to know of a compose file, read as text.</summary>
internal sealed partial class ComposeFile
{
    private readonly string _text;

    private ComposeFile(string text) => _text = text;

    /// <summary>The blocks that each describe a service, or what several have in common, by name.</summary>
    public IReadOnlyDictionary<string, string> Blocks => BlockStart().Split(_text).Skip(1).Chunk(2)
        .ToDictionary(block => block[0], block => block[1], StringComparer.Ordinal);

    /// <summary>
    /// The variables that it takes from the environment, with what stands in for one that is not set; null where that is an error.
    /// </summary>
    public ILookup<string, string?> Variables => Variable().Matches(_text)
        .ToLookup(use => use.Groups["name"].Value, use => use.Groups["otherwise"] is { Success: true } otherwise ? otherwise.Value : null);

    /// <summary>
    /// The containers' ports that are published, on whatever address. A <c>ports:</c> that is not a list on one line is not understood, and
    /// counts as port 0.
    /// </summary>
    public IReadOnlyList<int> PublishedPorts =>
        [.. Ports().Matches(_text).SelectMany(ports => ports.Groups["list"] is { Success: true } list
        ? list.Value.Split(',').Select(port => int.Parse(port.Trim(' ', '"').Split(':')[^1], CultureInfo.InvariantCulture))
        : [0])];

    public static ComposeFile Parse(string text) => new(Comment().Replace(text, ""));

    /// <summary>How many seconds a block's containers are given to stop; null if it does not say.</summary>
    public static int? SecondsToStop(string block) =>
        Grace().Match(block) is { Success: true } grace ? int.Parse(grace.Groups[1].Value, CultureInfo.InvariantCulture) : null;

    [GeneratedRegex(@"(?m)(^|\s)#.*$")]
    private static partial Regex Comment();

    [GeneratedRegex(@"(?m)^(?:  )?(?<name>[a-z][a-z0-9-]*):(?= *(?:&[a-z-]+ *)?\n(?:\n| ))")]
    private static partial Regex BlockStart();

    [GeneratedRegex(@"\$\{(?<name>[A-Z][A-Z0-9_]*)(?::-(?<otherwise>[^}]*)|:\?[^}]*)?\}")]
    private static partial Regex Variable();

    [GeneratedRegex(@"(?m)^ *ports:(?: *\[(?<list>[^\]]+)\] *$)?")]
    private static partial Regex Ports();

    [GeneratedRegex(@"(?m)^ *stop_grace_period: (\d+)s *$")]
    private static partial Regex Grace();
}
