using OrleansLimiter.Hosting.Reading;
using OrleansLimiter.Tenants;

namespace OrleansLimiter.Hosting.Operators;

/// <summary>
/// Lets operators in: whoever presents an operator's key in <c>X-Operator-Key</c>. Others get 401, ten a minute from one address, then 429,
/// and from then on a key is not believed that was not found from that address before (<see cref="KeyGuesses"/>). Safe for use by many
/// threads.
/// </summary>
internal sealed class OperatorKey(OperatorDirectory operators, TimeProvider time) : IDisposable
{
    public const string Header = "X-Operator-Key";

    private const int GuessesPerMinute = 10;
    private static readonly RequestError WrongKey = new(
        StatusCodes.Status401Unauthorized, Header, "X-Operator-Key is missing or unknown: it must be an operator's key.");

    private readonly KeyGuesses _guesses = new("operator-key", GuessesPerMinute, "Too many wrong operator keys.", time);

    /// <summary>Whether the caller is an operator.</summary>
    public bool IsPresented(HttpContext context) => NameOf(context) is not null;

    /// <summary>The operator who calls; null for anybody else.</summary>
    public string? NameOf(HttpContext context)
    {
        var values = context.Request.Headers[Header];
        return values.Count == 1 && operators.TryFind(values[0], out var name) && _guesses.IsBelieved(context, name) ? name : null;
    }

    /// <summary>Turns away a caller who is none.</summary>
    public Task RefuseAsync(HttpContext context) => _guesses.RefuseAsync(context, WrongKey);

    public void Dispose() => _guesses.Dispose();

    /// <summary>Marks a route that is for operators alone.</summary>
    public sealed class Required;
}
