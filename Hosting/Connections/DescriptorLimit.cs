using System.Globalization;

namespace OrleansLimiter.Hosting.Connections;

/// <summary>
/// How many files and sockets this process may have open (<c>ulimit -n</c>). The runtime raises the soft limit to the hard one when it
/// starts.
/// </summary>
internal static class DescriptorLimit
{
    private const string File = "/proc/self/limits";
    private const string Row = "Max open files";

    /// <summary>The limit; null where there is none, or where the system does not say.</summary>
    public static int? Read()
    {
        try
        {
            return Parse(System.IO.File.ReadLines(File));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Finds the soft limit in the lines of the file.</summary>
    public static int? Parse(IEnumerable<string> lines)
    {
        var row = lines.FirstOrDefault(line => line.StartsWith(Row, StringComparison.Ordinal));
        var soft = row?[Row.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
        return long.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out var limit)
            ? (int)Math.Min(limit, int.MaxValue)
            : null;
    }
}
