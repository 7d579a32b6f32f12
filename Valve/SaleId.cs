using System.Diagnostics.CodeAnalysis;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Valve;

/// <summary>The name of a sale, which has one valve: <c>[a-z0-9-]{1,64}</c>.</summary>
internal readonly record struct SaleId
{
    private SaleId(string value) => Value = value;

    /// <summary>The name; null for the default value, which names no sale.</summary>
    public string Value { get; }

    /// <summary>Checks a name that came from outside.</summary>
    /// <param name="value">The name.</param>
    /// <param name="sale">The sale, if the name is right.</param>
    /// <param name="error">The rule that was broken, if not (field <c>sale</c>).</param>
    /// <returns>Whether the name is <c>[a-z0-9-]{1,64}</c>.</returns>
    public static bool TryCreate(string? value, out SaleId sale, [NotNullWhen(false)] out InvalidValue? error)
    {
        sale = KeyScope.TryCheckName("sale", value, out error) ? new SaleId(value!) : default;
        return error is null;
    }

    /// <summary>Creates a name that the program itself knows to be right.</summary>
    /// <param name="value">The name.</param>
    /// <returns>The sale.</returns>
    /// <exception cref="ArgumentException">It breaks the rule.</exception>
    public static SaleId Of(string value) =>
        TryCreate(value, out var sale, out var error) ? sale : throw new ArgumentException(error.ToString(), nameof(value));

    /// <summary>The name.</summary>
    /// <returns><see cref="Value"/>.</returns>
    public override string ToString() => Value;
}
