using System.Globalization;

namespace OrleansLimiter.ClusterBench;

/// <summary>Options of the form <c>--name value</c>. What is not asked for by name is refused by <see cref="RefuseOthers"/>.</summary>
internal sealed class Arguments
{
    private readonly List<(string Name, string Value)> _given = [];
    private readonly HashSet<string> _known = [];

    public Arguments(string[] args)
    {
        for (var i = 0; i < args.Length; i += 2)
        {
            if (!args[i].StartsWith("--", StringComparison.Ordinal) || i + 1 == args.Length)
                throw new UsageException($"'{args[i]}' is not an option with a value; they are written --name value.");
            _given.Add((args[i][2..], args[i + 1]));
        }
    }

    public string Text(string name, string otherwise) => All(name).LastOrDefault() ?? otherwise;

    public string[] All(string name)
    {
        _known.Add(name);
        return [.. _given.Where(option => option.Name == name).Select(option => option.Value)];
    }

    public int Whole(string name, int otherwise, int least, int most)
    {
        var text = Text(name, otherwise.ToString(CultureInfo.InvariantCulture));
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most
            ? value
            : throw new UsageException($"--{name} is '{text}'; it must be a whole number from {least} to {most}.");
    }

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
}
