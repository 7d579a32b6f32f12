using OrleansLimiter.Core.Decisions;
using StackExchange.Redis;

namespace OrleansLimiter.Engines.Redis;

/// <summary>What the client's exceptions and the server's errors mean: every one is a fault.</summary>
internal static class RedisFaults
{
    /// <summary>Errors of a server that has more to do, or more to hold, than it can.</summary>
    private static readonly string[] Overloaded = ["OOM", "BUSY", "ERR max number of clients"];

    /// <summary>Errors of a server that another may have taken the place of, behind the same name.</summary>
    private static readonly string[] Demoted = ["READONLY", "LOADING", "MASTERDOWN", "CLUSTERDOWN", "NOREPLICAS"];

    /// <summary>
    /// Errors of a server that is there and does not do what it is asked, until somebody changes that. The last is how a user's missing
    /// right is told within a script (Redis 7).
    /// </summary>
    private static readonly string[] Refusing = ["OOM", "NOPERM", "MISCONF", "ERR The user executing the script"];

    /// <summary>The most that is repeated of what a server says.</summary>
    private const int MostWords = 200;
    private const string AboutScript = " script: ";

    /// <summary>Whether the server does not know the script: it was restarted, or told to forget.</summary>
    public static bool IsUnknownScript(RedisServerException error) => error.Message.StartsWith("NOSCRIPT", StringComparison.Ordinal);

    /// <summary>The fault that a failed call stands for; null for what no call threw, which is a bug.</summary>
    public static EngineFault? Of(Exception exception) => exception is RedisCallException call ? call.Fault : null;

    /// <summary>The fault that an exception of the client stands for.</summary>
    public static EngineFault OfClient(Exception thrown) => thrown switch
    {
        // Whether the request was charged is not known.
        TimeoutException => EngineFault.DeadlineExceeded,
        RedisServerException error when CodeIn(error.Message, Overloaded) is not null => EngineFault.Overloaded,
        _ => EngineFault.Unavailable,
    };

    /// <summary>The code of a server that this connection should not stay with; null for any other error.</summary>
    public static string? DemotionIn(string message) => CodeIn(message, Demoted);

    /// <summary>
    /// What a server says that is there and does not do what it is asked: its own words, which hold the user's name and the command's at
    /// most, without those about our script. Null for any other error.
    /// </summary>
    public static string? RefusalIn(string message)
    {
        if (CodeIn(message, Refusing) is not { } code)
            return null;
        var words = message[message.IndexOf(code, StringComparison.Ordinal)..];
        if (words.IndexOf(AboutScript, StringComparison.Ordinal) is >= 0 and var end)
            words = words[..end];
        words = words.TrimEnd('.', ' ', '\r', '\n');
        return words.Length <= MostWords ? words : words[..MostWords];
    }

    // A script's own calls fail with the code in front (Redis 7), or behind "@user_script: 12: -" (before it).
    private static string? CodeIn(string message, string[] codes) => Array.Find(
        codes,
        code => message.StartsWith(code, StringComparison.Ordinal)
            || message.Contains($": -{code}", StringComparison.Ordinal)
            || message.Contains($": {code}", StringComparison.Ordinal));
}
