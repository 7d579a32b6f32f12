using Microsoft.Extensions.Logging.Console;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Hosting.Logging;

/// <summary>
/// How a program writes its log lines (<c>LOG_FORMAT</c>): <c>text</c> (default), or <c>json</c>, one object a line. Both carry the instant
/// in UTC. The standard settings under <c>Logging:Console:FormatterOptions</c> change the rest.
/// </summary>
internal static class LogFormat
{
    public const string Variable = "LOG_FORMAT";

    private const string Json = "json";
    private const string Text = "text";
    private const string Timestamp = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    /// <summary>Adds what is wrong with the variable.</summary>
    public static void Check(IConfiguration configuration, List<InvalidValue> errors)
    {
        if (Of(configuration) is not (Text or Json) and var other)
            errors.Add(new InvalidValue(Variable, $"'{other}'", $"must be {Text} or {Json}"));
    }

    /// <summary>Writes lines as the variable says.</summary>
    public static void AddLogFormat(this WebApplicationBuilder builder)
    {
        if (Of(builder.Configuration) == Json)
            builder.Logging.AddJsonConsole();
        builder.Services.Configure<JsonConsoleFormatterOptions>(options => Stamp(options, Timestamp));
        builder.Services.Configure<SimpleConsoleFormatterOptions>(options => Stamp(options, Timestamp + " "));
    }

    private static string Of(IConfiguration configuration) =>
        configuration[Variable] is { Length: > 0 } text ? text.ToLowerInvariant() : Text;

    // What the configuration says was read before, and wins.
    private static void Stamp(ConsoleFormatterOptions options, string format)
    {
        if (options.TimestampFormat is null)
            (options.TimestampFormat, options.UseUtcTimestamp) = (format, true);
    }
}
