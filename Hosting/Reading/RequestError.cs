using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Hosting.Reading;

/// <summary>
/// Why a request is not answered as asked: the status, the field at fault where there is one, and a sentence that names the rule.
/// </summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Field">The field, as in <c>checks[3].cost</c>; null where no field is at fault.</param>
/// <param name="Message">What is wrong and what the rule is. Never holds a key.</param>
internal sealed record RequestError(int Status, string? Field, string Message)
{
    /// <summary>Whether nothing that follows on the connection can be understood.</summary>
    public bool EndsConnection { get; init; }

    private const int LongestShown = 64;

    /// <summary>A name that a caller made up, as messages show it.</summary>
    public static string Shown(string name) => name.Length <= LongestShown ? name : name[..LongestShown] + "...";

    /// <summary>A policy that only the service's own routes use.</summary>
    public static RequestError Internal(string policy) =>
        new(StatusCodes.Status403Forbidden, "policy", $"policy '{policy}' is internal: only the service's own routes use it.");

    /// <summary>A value breaks its rule.</summary>
    public static RequestError Of(InvalidValue error) => new(StatusCodes.Status400BadRequest, error.Field, error.ToString());

    /// <summary>A field breaks a rule.</summary>
    public static RequestError BadField(string field, string message) => new(StatusCodes.Status400BadRequest, field, message);

    /// <summary>A field has the wrong type.</summary>
    public static RequestError WrongType(string field, string isA, string mustBe) =>
        BadField(field, $"{field} is {isA}: it must be {mustBe}.");

    /// <summary>The same error about a field inside another.</summary>
    public RequestError Within(string parent) =>
        this with
        {
            Field = $"{parent}.{Field}",
            Message = Message.StartsWith(Field + " ", StringComparison.Ordinal) ? $"{parent}.{Message}" : Message,
        };
}
