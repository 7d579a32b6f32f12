using System.Globalization;

namespace OrleansLimiter.BenchArguments;

/// <summary>
/// The options of a tool's command line; of one that is given twice the last counts. What is not asked for by name is refused by
/// <see cref="RefuseOthers"/>.
/// </summary>
internal sealed class Arguments
{
    private const string Set = "";

    private readonly List<(string Name, string Value)> _given = [];
    private readonly HashSet<string> _known = [];

    private Arguments()
    {
    }

    /// <summary>Reads options of the form <c>--name value</c>.</summary>
    /// <exception cref="UsageException">Some are of another form.</exception>
    public static Arguments OfPairs(ReadOnlySpan<string> args)
    {
        var arguments = new Arguments();
        for (var i = 0; i < args.Length; i += 2)
        {
            if (!args[i].StartsWith("--", StringComparison.Ordinal) || i + 1 == args.Length)
                throw new UsageException($"'{args[i]}' is not an option with a value; they are written --name value.");
            arguments._given.Add((args[i][2..], args[i + 1]));
        }

        return arguments;
    }

    /// <summary>Reads options of the form <c>--name value</c>, or <c>--name</c> alone.</summary>
    /// <exception cref="UsageException">Some are of another form.</exception>
    public static Arguments OfPairsAndFlags(ReadOnlySpan<string> args)
    {
        var arguments = new Arguments();
        for (var i = 0; i < args.Length; i++)
        {
            if (!IsName(args[i]))
                throw new UsageException($"'{args[i]}' is not an option; they are written --name value, or --name alone.");
            var name = args[i][2..];
            arguments._given.Add((name, i + 1 < args.Length && !IsName(args[i + 1]) ? args[++i] : Set));
        }

        return arguments;
    }

    public string? Text(string name) => All(name).LastOrDefault();

    public bool Flag(string name) => Text(name) switch
    {
        null => false,
        Set => true,
        var other => throw new UsageException($"--{name} takes no value, and has '{other}'."),
    };

    public string[] All(string name)
    {
        _known.Add(name);
        return [.. _given.Where(option => option.Name == name).Select(option => option.Value)];
    }

    public int Whole(string name, int otherwise, int least, int most) =>
        WholeOf(name, Text(name) ?? otherwise.ToString(CultureInfo.InvariantCulture), least, most);

    /// <summary>A number that has no default; null if it is not given.</summary>
    public int? Whole(string name, int least, int most) => Text(name) is { } text ? WholeOf(name, text, least, most) : null;

    public Uri[] Urls()
    {
        var urls = All("url");
        return [.. (urls.Length == 0 ? ["http://127.0.0.1:4000"] : urls).Select(text =>
            Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme == Uri.UriSchemeHttp && url.AbsolutePath == "/"
                ? url
                : throw new UsageException($"--url is '{text}'; it must be like http://127.0.0.1:4000, without a path."))];
    }

    /// <summary>Refuses options that nobody asked for: a misspelt one must not be a silent default.</summary>
    public void RefuseOthers()
    {
        if (_given.Find(option => !_known.Contains(option.Name)).Name is { } other)
            throw new UsageException($"--{other} is unknown; known are {string.Join(", ", _known.Order().Select(name => "--" + name))}.");
    }

    private static bool IsName(string text) => text.StartsWith("--", StringComparison.Ordinal) && text.Length > 2;

    private static int WholeOf(string name, string text, int least, int most) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most
            ? value
            : throw new UsageException($"--{name} is '{text}'; it must be a whole number from {least} to {most}.");
}
