using System.Diagnostics.CodeAnalysis;
using OrleansLimiter.Hosting.Reading;

namespace OrleansLimiter.Shop.Payments;

/// <summary>
/// A card's number: 12 to 19 digits that pass Luhn's check. Never stored, and never printed but for its last four digits. Immutable.
/// </summary>
public sealed class CardNumber
{
    private const string Rule = "12 to 19 digits, spaces and dashes allowed, that pass Luhn's check";
    private const int MinDigits = 12;
    private const int MaxDigits = 19;
    private const int LongestText = 64;

    private CardNumber(string digits) => Digits = digits;

    /// <summary>All digits, for a gateway alone.</summary>
    public string Digits { get; }

    /// <summary>The last four.</summary>
    public string Last4 => Digits[^4..];

    /// <summary>The last four digits.</summary>
    public override string ToString() => $"(a card that ends in {Last4})";

    /// <summary>Reads a number as it was sent.</summary>
    internal static bool TryParse(string? text, [NotNullWhen(true)] out CardNumber? card, [NotNullWhen(false)] out RequestError? error)
    {
        const string Field = "creditCard";
        card = null;
        error = null;
        if (text is null)
            error = RequestError.WrongType(Field, "missing", Rule);
        else if (text.Length > LongestText || text.Any(c => !char.IsAsciiDigit(c) && c is not (' ' or '-')))
            error = RequestError.WrongType(Field, "not such a number", Rule);
        else if (Of(text) is not { } digits)
            error = RequestError.WrongType(Field, "not such a number", Rule);
        else
            card = new CardNumber(digits);
        return card is not null;
    }

    private static string? Of(string text)
    {
        var digits = string.Concat(text.Where(char.IsAsciiDigit));
        return digits.Length is >= MinDigits and <= MaxDigits && PassesLuhn(digits) ? digits : null;
    }

    /// <summary>
    /// Luhn's check (ISO/IEC 7812-1, annex B): every second digit from the right is doubled; the digits of all must add up to a multiple of
    /// ten.
    /// </summary>
    private static bool PassesLuhn(string digits)
    {
        var sum = 0;
        for (var i = 0; i < digits.Length; i++)
        {
            var value = digits[^(i + 1)] - '0';
            var doubled = i % 2 == 0 ? value : 2 * value;
            sum += doubled > 9 ? doubled - 9 : doubled;
        }

        return sum % 10 == 0;
    }
}
