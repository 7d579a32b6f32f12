using System.Net.Sockets;
using System.Security.Authentication;
using StackExchange.Redis;

namespace OrleansLimiter.Engines.Redis;

/// <summary>
/// Says why a server is not connected, from what the client library throws at whoever asks it then: behind it stands what ended the last
/// attempt. What is said holds the server's address and error code, and none of the library's own words, which may hold anything.
/// </summary>
internal static class ConnectionProblem
{
    /// <summary>What is said of a server that refuses the password.</summary>
    public const string Refusal = " refuses the password (";

    /// <summary>What is said of a server on which limits do not hold.</summary>
    public const string NotSupported = " is not a server that limits hold on (";

    // The library hides the first behind the second: it goes on asking after its password was refused.
    private const string WrongPassword = "WRONGPASS";
    private const string NoPassword = "NOAUTH";

    private static readonly string[] Codes = [
        WrongPassword, NoPassword, "NOPERM", "LOADING", "MASTERDOWN", "CLUSTERDOWN", "MISCONF", "BUSY", "DENIED"];

    /// <summary>Why there is no connection.</summary>
    public static string Of(RedisEngineOptions options, Exception? thrown)
    {
        var place = PlaceOf(options);
        var chain = ChainOf(thrown).ToArray();
        var types = chain.OfType<RedisConnectionException>().Select(failure => failure.FailureType).ToArray();
        var code = chain.Select(link => CodeIn(link.Message)).FirstOrDefault(found => found is not null);
        if (chain.OfType<AuthenticationException>().Any())
            return $"{place} cannot be spoken to encrypted: its certificate is not valid, or it does not encrypt";
        if (code is WrongPassword or NoPassword || code is null && types.Contains(ConnectionFailureType.AuthenticationFailure)
            && !options.Ssl)
            return $"{place}{Refusal}{(string.IsNullOrEmpty(options.Password) ? NoPassword : WrongPassword)})";
        if (types.Contains(ConnectionFailureType.Loading))
            return Answers(options, "LOADING");
        if (code is not null)
            return Answers(options, code);
        return chain.OfType<SocketException>()
            .FirstOrDefault() is { SocketErrorCode: not (SocketError.OperationAborted or SocketError.TimedOut) } socket
            ? $"{place} cannot be connected to ({socket.SocketErrorCode})"
            : $"{place} does not answer";
    }

    /// <summary>What a server answers in place of an answer.</summary>
    public static string Answers(RedisEngineOptions options, string code) => $"{PlaceOf(options)} answers {code}";

    /// <summary>What a server is, by name and version, that is not asked although it answers.</summary>
    public static string Unsupported(RedisEngineOptions options, string server) => $"{PlaceOf(options)}{NotSupported}{server})";

    private static IEnumerable<Exception> ChainOf(Exception? failure)
    {
        for (; failure is not null; failure = failure.InnerException)
            yield return failure;
    }

    private static string? CodeIn(string message) => Array.Find(Codes, code => message.Contains($"{code} ", StringComparison.Ordinal));

    private static string PlaceOf(RedisEngineOptions options) => string.Join(", ", options.EndPoints);
}
