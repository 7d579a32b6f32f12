using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Hosting.Http;

/// <summary>
/// The names under which this service may be asked (<c>AllowedHosts</c>, the framework's own setting): names without ports, separated by
/// semicolons; <c>*.example.com</c> is every name below that one, <c>*</c> is any. Default: any; in Development <c>localhost</c>,
/// <c>127.0.0.1</c> and <c>[::1]</c>, since everybody knows its keys: a page of another site whose name leads to this machine (DNS
/// rebinding) must not speak to it in the browser. Immutable.
/// </summary>
internal sealed class HostNames
{
    public const string Setting = "AllowedHosts";

    private const string Any = "*";
    private const string BelowPrefix = "*.";
    private static readonly string[] Local = ["localhost", "127.0.0.1", "[::1]"];

    private readonly HashSet<string> _exact;
    private readonly string[] _below;

    private HostNames(IReadOnlyCollection<string> names)
    {
        IsAny = names.Contains(Any);
        _exact = new HashSet<string>(names, StringComparer.OrdinalIgnoreCase);
        _below = [.. names.Where(name => name.StartsWith(BelowPrefix, StringComparison.Ordinal)).Select(name => name[1..])];
    }

    /// <summary>Whether any name will do.</summary>
    public bool IsAny { get; }

    public static HostNames Read(IConfiguration configuration, bool isDevelopment, List<InvalidValue> errors)
    {
        var text = configuration[Setting];
        if (string.IsNullOrEmpty(text))
            return new HostNames(isDevelopment ? Local : [Any]);
        var names = text.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (names.Length == 0 || names.Any(name => !IsName(name)))
            errors.Add(new InvalidValue(Setting, $"'{text}'",
                "must be host names without ports, separated by semicolons, as in shop.example.com;*.example.org;[::1], or *"));
        return new HostNames(names);
    }

    /// <summary>Whether a request may name this host. One without a name (HTTP/1.0) may: a browser always sends one.</summary>
    /// <param name="host">The name, without the port.</param>
    public bool Contains(string? host) => IsAny || string.IsNullOrEmpty(host) || _exact.Contains(host)
        || Array.Exists(_below, end => host.Length > end.Length && host.EndsWith(end, StringComparison.OrdinalIgnoreCase));

    private static bool IsName(string name) => name == Any
        || (name.StartsWith('[') ? System.Net.IPAddress.TryParse(name, out _) && name.EndsWith(']')
            : Uri.CheckHostName(name.StartsWith(BelowPrefix, StringComparison.Ordinal) ? name[2..] : name) != UriHostNameType.Unknown
            && !name.Contains(':', StringComparison.Ordinal));
}
