namespace OrleansLimiter.Core.Limits;

/// <summary>
/// The name of an application whose keys an engine keeps apart from those of others on the same server or cluster. Empty for none.
/// </summary>
internal static class ApplicationName
{
    /// <summary>What a name must be, for messages.</summary>
    public const string Rule = "must be at most 64 letters, digits, '.', '_', '-', '~' or '%', or empty";

    /// <summary>What stands between a name and what it begins: no name, tenant or sale holds it.</summary>
    public const char Separator = ':';

    private const int MaxLength = 64;

    /// <summary>Whether a text can be a name.</summary>
    /// <param name="text">The text.</param>
    /// <returns>Whether it keeps to the rule.</returns>
    public static bool IsValid(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Length <= MaxLength && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' or '~' or '%');
    }

    /// <summary>What the names of an application's keys begin with.</summary>
    /// <param name="application">The application's name.</param>
    /// <returns>The name and the separator; nothing for none.</returns>
    public static string BeginningOf(string application)
    {
        ArgumentNullException.ThrowIfNull(application);
        return application.Length == 0 ? "" : application + Separator;
    }
}
