using System.Text.Json;

namespace OrleansLimiter.Hosting.Settings;

/// <summary>What is said of files of settings that cannot be read.</summary>
internal static partial class SettingsFiles
{
    /// <summary>
    /// Says which file is wrong, and where; null where the failure is another. No value is shown: a secret may be among them.
    /// </summary>
    public static string? Explain(Exception failure) => failure switch
    {
        InvalidDataException { InnerException: FormatException { InnerException: JsonException { LineNumber: { } line } json } } =>
            $"{failure.Message} It is no JSON: see line {line + 1}, byte {json.BytePositionInLine + 1}.",
        InvalidDataException { InnerException: FormatException inner } => $"{failure.Message} {inner.Message}",
        UnauthorizedAccessException => failure.Message,
        _ => null,
    };

    /// <summary>
    /// Has a file that cannot be read any more, while the program runs, mentioned in the log; without this the exception would be lost on a
    /// thread of the watch.
    /// </summary>
    public static void MentionBrokenFiles(this WebApplication app)
    {
        var logger = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("OrleansLimiter.Hosting.Settings");
        foreach (var file in ((IConfigurationRoot)app.Configuration).Providers.OfType<FileConfigurationProvider>())
        {
            file.Source.OnLoadException = context =>
            {
                LogBroken(logger, Explain(context.Exception) ?? context.Exception.Message);
                context.Ignore = true;
            };
        }
    }

    [LoggerMessage(
        EventId = 2, EventName = "SettingsFileBroken", Level = LogLevel.Warning,
        Message = "A file of settings was changed and cannot be read; this process goes on with those that it was started with, and would "
            + "not start with these. {Explanation}")]
    private static partial void LogBroken(ILogger logger, string explanation);
}
