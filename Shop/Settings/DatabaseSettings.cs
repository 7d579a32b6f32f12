using System.Diagnostics.CodeAnalysis;
using Npgsql;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Shop.Settings;

/// <summary>Where accounts and tickets are kept (<c>DATABASE_URL</c>). Immutable.</summary>
/// <param name="File">The SQLite file, relative to the content root or not; null: PostgreSQL.</param>
/// <param name="ConnectionString">How PostgreSQL is reached, password included; empty for SQLite.</param>
/// <param name="Shown">The database as it may be shown: without its password.</param>
internal sealed record DatabaseSettings(string? File, string ConnectionString, string Shown)
{
    public const string Variable = "DATABASE_URL";

    private const string DefaultFile = ".data/orleanslimiter.db";
    private const string DevelopmentFile = ".data/orleanslimiter.development.db";
    private const string Rule = "must be postgres://user:password@host:port/database or sqlite:path/to/file";
    private const int DefaultPoolSize = 40; // PostgreSQL serves 100 by default, and front ends share them
    private const int ConnectSeconds = 2; // as long as new work waits for a turn
    // with the cancellation of what timed out, which takes a connect, a request is answered within five
    private const int CommandSeconds = 3;
    private const int SqliteDescriptors = 48;
    private static readonly string[] Schemes = ["postgres", "postgresql"];

    /// <summary>
    /// How many descriptors its connections may take: one each to PostgreSQL; three files each of a few to SQLite, which serves whoever
    /// asks on the thread that asks.
    /// </summary>
    public int Descriptors => File is null ? new NpgsqlConnectionStringBuilder(ConnectionString).MaxPoolSize : SqliteDescriptors;

    /// <summary>Reads the variable. Development, which makes users and sales for whoever asks, has a file of its own by default.</summary>
    public static DatabaseSettings Read(IConfiguration configuration, bool isDevelopment, List<InvalidValue> errors)
    {
        var (text, otherwise) = (configuration[Variable], OfFile(isDevelopment ? DevelopmentFile : DefaultFile));
        if (string.IsNullOrEmpty(text))
            return otherwise;
        if (text.StartsWith("sqlite:", StringComparison.OrdinalIgnoreCase))
        {
            var path = text["sqlite:".Length..];
            path = path.StartsWith("//", StringComparison.Ordinal) ? path[2..] : path;
            if (path.Length > 0 && path != ":memory:" && !path.Contains('\0', StringComparison.Ordinal) && !path.EndsWith('/'))
                return OfFile(path);
            errors.Add(new InvalidValue(Variable, $"'{text}'", Rule));
            return otherwise;
        }

        if (TryReadUrl(text, out var settings, out var why))
            return settings;
        errors.Add(new InvalidValue(Variable, why, Rule));
        return otherwise;
    }

    private static DatabaseSettings OfFile(string file) => new(file, string.Empty, $"sqlite:{file}");

    private static bool TryReadUrl(string text, [NotNullWhen(true)] out DatabaseSettings? settings, out string why)
    {
        settings = null;
        why = "no such URL (hidden, it may hold a password)";
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || !Schemes.Contains(url.Scheme) || url.Host.Length == 0
            || url.AbsolutePath.Length < 2)
            return false;
        var colon = url.UserInfo.IndexOf(':', StringComparison.Ordinal);
        var builder = new NpgsqlConnectionStringBuilder
        {
            Host = url.Host,
            Port = url.Port > 0 ? url.Port : NpgsqlConnection.DefaultPort,
            Username = Uri.UnescapeDataString(colon < 0 ? url.UserInfo : url.UserInfo[..colon]),
            Password = colon < 0 ? null : Uri.UnescapeDataString(url.UserInfo[(colon + 1)..]),
            Database = Uri.UnescapeDataString(url.AbsolutePath[1..]),
            MaxPoolSize = DefaultPoolSize,
            Timeout = ConnectSeconds,
            CommandTimeout = CommandSeconds,

            // Else it is asked for first, on each connect and each cancellation: twice the wait for a server that does not answer.
            GssEncryptionMode = GssEncryptionMode.Disable,
        };
        foreach (var pair in url.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            var name = Uri.UnescapeDataString(equals < 0 ? pair : pair[..equals]);
            try
            {
                builder[name] = equals < 0 ? string.Empty : Uri.UnescapeDataString(pair[(equals + 1)..]);
            }
            catch (Exception wrong) when (wrong is ArgumentException or FormatException or InvalidCastException or OverflowException)
            {
                why = $"a URL whose parameter '{name}' Npgsql does not take";
                return false;
            }
        }

        settings = new DatabaseSettings(
            null, builder.ConnectionString, $"postgres://{builder.Username}:***@{builder.Host}:{builder.Port}/{builder.Database}");
        return true;
    }
}
