using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Configuration;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Configuration;

/// <summary>
/// Where Redis is, as <c>REDIS_URL</c>, or <c>REDIS_HOST</c> and <c>REDIS_PORT</c>, say. Never written out: it may hold a password.
/// </summary>
/// <param name="Host">A host name or an IP address.</param>
/// <param name="Port">1 to 65,535; default 6379.</param>
/// <param name="User">The ACL user; null for the default one.</param>
/// <param name="Password">The password; null for none.</param>
/// <param name="Database">The number of the database; default 0.</param>
/// <param name="UsesTls">Whether the connection is encrypted (<c>rediss://</c>).</param>
internal sealed record RedisAddress(string Host, int Port, string? User, string? Password, int Database, bool UsesTls)
{
    /// <summary>The variable that says all of it.</summary>
    public const string Url = "REDIS_URL";

    /// <summary>The variable that says the port alone.</summary>
    public const string PortVariable = "REDIS_PORT";

    private const string HostVariable = "REDIS_HOST";
    private const int DefaultPort = 6379;
    private const int MaxDatabase = 1_000_000;
    private const string UrlRule = "must be redis://[[user]:password@]host[:port][/database], or rediss:// for TLS";

    /// <summary>The server of this machine, without a password.</summary>
    public static RedisAddress Local { get; } = new("localhost", DefaultPort, null, null, 0, false);

    private static IReadOnlyList<string> Variables { get; } = [HostVariable, PortVariable, Url];

    /// <summary>The first variable that says something of it; null where none does.</summary>
    public static string? VariableIn(IConfiguration configuration) =>
        Variables.FirstOrDefault(variable => configuration[variable] is { Length: > 0 } text
            && (variable != PortVariable || !ServiceLinks.IsLink(text)));

    /// <summary>Reads the variables.</summary>
    /// <param name="configuration">Environment variables, command line and files.</param>
    /// <param name="hasDefaultHost">Whether a port alone means this machine, as in Development: elsewhere nobody may mean it without saying
    /// so.</param>
    /// <param name="errors">Where messages go.</param>
    /// <returns>The address; null where none of them is set, or one is wrong.</returns>
    public static RedisAddress? Read(IConfiguration configuration, bool hasDefaultHost, List<InvalidValue> errors)
    {
        var (url, host) = (configuration[Url], configuration[HostVariable]);
        var port = ServiceLinks.IsLink(configuration[PortVariable]) ? null : configuration[PortVariable];
        var portNumber = PortVariables.Read(configuration, PortVariable, DefaultPort, errors, least: 1);
        if (string.IsNullOrEmpty(url))
        {
            if (string.IsNullOrEmpty(host))
            {
                if (string.IsNullOrEmpty(port))
                    return null;
                if (hasDefaultHost)
                    return Local with { Port = portNumber };
                if (!errors.Exists(error => error.Field == PortVariable))
                    errors.Add(new InvalidValue(HostVariable, "not set",
                        $"must name the host of the Redis whose port is {port} outside Development (or {Url} must say all of it)"));
                return null;
            }

            if (Uri.CheckHostName(host) != UriHostNameType.Unknown)
                return Local with { Host = host, Port = portNumber };
            errors.Add(new InvalidValue(HostVariable, $"'{host}'", "must be a host name or an IP address"));
            return null;
        }

        if (ReadUrl(Url, url, errors) is not { } address)
            return null;
        if (!string.IsNullOrEmpty(host) && !string.Equals(host.Trim('[', ']'), address.Host, StringComparison.OrdinalIgnoreCase))
            errors.Add(new InvalidValue(HostVariable, $"'{host}'", $"must be the host of {Url}, which is '{address.Host}', or not be set"));
        if (!string.IsNullOrEmpty(port) && portNumber != address.Port)
            errors.Add(new InvalidValue(PortVariable, $"'{port}'", $"must be the port of {Url}, which is {address.Port}, or not be set"));
        return address;
    }

    /// <summary>Reads an address alone.</summary>
    /// <param name="setting">What holds it, for the message.</param>
    /// <param name="url">The address. It is not shown where it is wrong: it may hold a password.</param>
    /// <param name="errors">Where a message goes.</param>
    /// <returns>The address; null where it is wrong.</returns>
    public static RedisAddress? ReadUrl(string setting, string url, List<InvalidValue> errors)
    {
        if (TryParse(url, out var address))
            return address;
        errors.Add(new InvalidValue(setting, "not such an address", UrlRule));
        return null;
    }

    /// <summary>Host and port, an IPv6 address in brackets.</summary>
    public string EndPoint => string.Create(
        CultureInfo.InvariantCulture,
        $"{(IPAddress.TryParse(Host, out var ip) && ip.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{Host}]" : Host)}:{Port}");

    /// <summary>The same, as the Redis client's configuration text; it never stops a start because Redis is away.</summary>
    public string ToConfigurationText()
    {
        List<string> parts =
        [
            EndPoint,
            string.Create(CultureInfo.InvariantCulture, $"defaultDatabase={Database}"),
            "abortConnect=false",
            "connectTimeout=1000",
            "asyncTimeout=1000",
        ];
        if (UsesTls)
            parts.Add("ssl=true");
        if (User is not null)
            parts.Add($"user={User}");
        if (Password is not null)
            parts.Add($"password={Password}");
        return string.Join(',', parts);
    }

    /// <summary>The place without secrets, for messages.</summary>
    /// <returns>Host, port and database.</returns>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{EndPoint}/{Database}");

    private static bool TryParse(string text, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out RedisAddress? address)
    {
        address = null;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Scheme is not ("redis" or "rediss") || uri.Host.Length == 0
            || uri.Query.Length > 0 || uri.Fragment.Length > 0)
            return false;
        var path = uri.AbsolutePath.Trim('/');
        var database = 0;
        if (path.Length > 0 && (!int.TryParse(path, NumberStyles.None, CultureInfo.InvariantCulture, out database)
            || database > MaxDatabase))
            return false;
        var colon = uri.UserInfo.IndexOf(':', StringComparison.Ordinal);
        var user = Uri.UnescapeDataString(colon < 0 ? "" : uri.UserInfo[..colon]);
        var password = Uri.UnescapeDataString(colon < 0 ? uri.UserInfo : uri.UserInfo[(colon + 1)..]);

        // A comma would end the password in the client's configuration text.
        if (user.Contains(',', StringComparison.Ordinal) || password.Contains(',', StringComparison.Ordinal) || uri.Port == 0)
            return false;
        address = new RedisAddress(
            uri.Host.Trim('[', ']'),
            uri.Port < 0 ? DefaultPort : uri.Port,
            user is "" or "default" ? null : user,
            password.Length == 0 ? null : password,
            database,
            uri.Scheme == "rediss");
        return true;
    }
}
