using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace OrleansLimiter.Core.Limits;

/// <summary>How many permits a caller asks for, gives back or is charged: 0 or more.</summary>
public readonly record struct Permits
{
    private Permits(long count) => Count = count;

    /// <summary>No permit: asking for it is a peek.</summary>
    public static Permits Zero => default;

    /// <summary>One permit, the usual cost.</summary>
    public static Permits One => new(1);

    /// <summary>How many, from 0 to <see cref="long.MaxValue"/>.</summary>
    public long Count { get; }

    /// <summary>Creates a number of permits that the program itself knows to be right.</summary>
    /// <param name="count">How many, at least 0.</param>
    /// <returns>The permits.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is negative.</exception>
    public static Permits Of(long count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        return new Permits(count);
    }

    /// <summary>Checks a number of permits that came from outside.</summary>
    /// <param name="count">How many.</param>
    /// <param name="permits">The permits, if the number is right.</param>
    /// <param name="error">The rule that was broken, if not.</param>
    /// <returns>Whether <paramref name="count"/> is at least 0.</returns>
    public static bool TryCreate(long count, out Permits permits, [NotNullWhen(false)] out InvalidValue? error)
    {
        permits = count < 0 ? default : new Permits(count);
        error = count < 0
            ? new InvalidValue("cost", count.ToString(CultureInfo.InvariantCulture), "must be at least 0")
            : null;
        return error is null;
    }
}
