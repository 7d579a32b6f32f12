using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Valve;

/// <summary>
/// The two caps of a valve, which bind independently: how fast people are admitted, evenly, one at a time; and how many may be in checkout
/// at once. Every product formed of them is under 2^53.
/// </summary>
internal readonly record struct ValveRates
{
    /// <summary>The most admissions per window, and the most people in checkout: 1,000,000.</summary>
    public const int Most = 1_000_000;

    /// <summary>The shortest window: 1 s.</summary>
    public static readonly TimeSpan ShortestWindow = TimeSpan.FromSeconds(1);

    /// <summary>The longest window: 1 hour.</summary>
    public static readonly TimeSpan LongestWindow = TimeSpan.FromHours(1);

    private ValveRates(int admissions, long windowMicroseconds, int checkout)
    {
        Admissions = admissions;
        WindowMicroseconds = windowMicroseconds;
        Checkout = checkout;
    }

    /// <summary>The most people admitted in any window (half-open, anywhere): 1 to 1,000,000.</summary>
    public int Admissions { get; }

    /// <summary>The window in microseconds: 1 s to 1 hour.</summary>
    public long WindowMicroseconds { get; }

    /// <summary>The most people in checkout at any instant: 1 to 1,000,000.</summary>
    public int Checkout { get; }

    /// <summary>Checks the caps.</summary>
    /// <param name="admissions">People per window, 1 to 1,000,000.</param>
    /// <param name="window">1 s to 1 hour, in whole microseconds.</param>
    /// <param name="checkout">People in checkout at once, 1 to 1,000,000.</param>
    /// <param name="rates">The caps, if they are right.</param>
    /// <param name="error">What is wrong, if not: the field (<c>admissions</c>, <c>window</c>, <c>checkout</c>), its value, the
    /// rule.</param>
    /// <returns>Whether all is right.</returns>
    public static bool TryCreate(
        long admissions, TimeSpan window, long checkout, out ValveRates rates, [NotNullWhen(false)] out InvalidValue? error)
    {
        error = ErrorIn(admissions, window, checkout);
        rates = error is null ? new ValveRates((int)admissions, window.Ticks / TimeSpan.TicksPerMicrosecond, (int)checkout) : default;
        return error is null;
    }

    /// <summary>Creates caps that the program itself knows to be right.</summary>
    /// <param name="admissions">People per window, 1 to 1,000,000.</param>
    /// <param name="window">1 s to 1 hour, in whole microseconds.</param>
    /// <param name="checkout">People in checkout at once, 1 to 1,000,000.</param>
    /// <returns>The caps.</returns>
    /// <exception cref="ArgumentException">A number is out of bounds; the message names it and the rule.</exception>
    public static ValveRates Of(long admissions, TimeSpan window, long checkout) =>
        TryCreate(admissions, window, checkout, out var rates, out var error) ? rates : throw new ArgumentException(error.ToString());

    private static InvalidValue? ErrorIn(long admissions, TimeSpan window, long checkout)
    {
        if (admissions is < 1 or > Most)
            return new InvalidValue("admissions", Text(admissions), "must be from 1 to 1,000,000 people");
        if (window < ShortestWindow || window > LongestWindow || window.Ticks % TimeSpan.TicksPerMicrosecond != 0)
            return new InvalidValue(
                "window", window.ToString("c", CultureInfo.InvariantCulture), "must be from 1 second to 1 hour, in whole microseconds");
        if (checkout is < 1 or > Most)
            return new InvalidValue("checkout", Text(checkout), "must be from 1 to 1,000,000 people");
        return null;
    }

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
