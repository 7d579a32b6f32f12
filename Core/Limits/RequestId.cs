using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace OrleansLimiter.Core.Limits;

/// <summary>
/// A caller's name for one request, so that a repeated one is not charged twice: 1 to 64 visible ASCII characters.
/// Its scope is a key and an operation.
/// </summary>
public readonly record struct RequestId
{
    private const int MaxLength = 64;

    private RequestId(string? value) => Value = value;

    /// <summary>No id: the request is not remembered.</summary>
    public static RequestId None => default;

    /// <summary>The id; null for <see cref="None"/>.</summary>
    public string? Value { get; }

    /// <summary>Whether there is no id.</summary>
    public bool IsNone => Value is null;

    /// <summary>Checks an id that came from outside.</summary>
    /// <param name="value">The id; null for none.</param>
    /// <param name="id">The id, if it is right.</param>
    /// <param name="error">The rule that was broken, if not (field <c>requestId</c>).</param>
    /// <returns>Whether it is null, or 1 to 64 visible ASCII characters.</returns>
    public static bool TryCreate(string? value, out RequestId id, [NotNullWhen(false)] out InvalidValue? error)
    {
        var good = value is null || (value.Length is >= 1 and <= MaxLength && !value.AsSpan().ContainsAnyExceptInRange('!', '~'));
        id = good ? new RequestId(value) : default;
        error = good
            ? null
            : new InvalidValue("requestId", $"{value!.Length.ToString(CultureInfo.InvariantCulture)} characters",
                "must be 1 to 64 visible ASCII characters");
        return good;
    }

    /// <summary>Creates an id that the program itself knows to be right.</summary>
    /// <param name="value">1 to 64 visible ASCII characters.</param>
    /// <returns>The id.</returns>
    /// <exception cref="ArgumentException">It breaks the rule.</exception>
    public static RequestId Of(string value) =>
        TryCreate(value, out var id, out var error) ? id : throw new ArgumentException(error.ToString(), nameof(value));
}
