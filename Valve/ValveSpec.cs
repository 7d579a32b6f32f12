using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Valve;

/// <summary>What a sale's valve is set up with; of this only the rates change later. Immutable.</summary>
internal sealed record ValveSpec
{
    /// <summary>The default of <see cref="AcceptWithin"/>: 2 minutes.</summary>
    public static readonly TimeSpan DefaultAcceptWithin = TimeSpan.FromMinutes(2);

    /// <summary>The default, and the most, of <see cref="MaxPlaces"/>: 1,000,000.</summary>
    public const int DefaultMaxPlaces = 1_000_000;

    private static readonly TimeSpan ShortestTurn = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestTurn = TimeSpan.FromHours(1);

    private ValveSpec(SaleId sale, Instant preQueueAt, Instant opensAt, ValveRates rates, TimeSpan acceptWithin, int maxPlaces)
    {
        Sale = sale;
        PreQueueAt = preQueueAt;
        OpensAt = opensAt;
        Rates = rates;
        AcceptWithin = acceptWithin;
        MaxPlaces = maxPlaces;
    }

    public SaleId Sale { get; }

    /// <summary>From when people may come: those who do before the opening are drawn.</summary>
    public Instant PreQueueAt { get; }

    /// <summary>The opening; not before <see cref="PreQueueAt"/>.</summary>
    public Instant OpensAt { get; }

    public ValveRates Rates { get; }

    /// <summary>
    /// How long an admission is good for: 10 s to 1 hour, in whole milliseconds. Who does not use the turn in that time loses it.
    /// </summary>
    public TimeSpan AcceptWithin { get; }

    /// <summary>How many places there may be at once, 1 to 1,000,000, some 130 bytes each: beyond it nobody can join.</summary>
    public int MaxPlaces { get; }

    /// <summary><see cref="AcceptWithin"/> in microseconds.</summary>
    internal long TurnMicroseconds => AcceptWithin.Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>Checks the values and creates the spec.</summary>
    /// <param name="sale">The sale.</param>
    /// <param name="preQueueAt">From when people may come.</param>
    /// <param name="opensAt">The opening; not earlier.</param>
    /// <param name="rates">The caps at first.</param>
    /// <param name="acceptWithin">10 s to 1 hour, in whole milliseconds.</param>
    /// <param name="maxPlaces">1 to 1,000,000.</param>
    /// <param name="spec">The spec, if all is right.</param>
    /// <param name="error">What is wrong, if not: the field, its value, the rule.</param>
    /// <returns>Whether all is right.</returns>
    public static bool TryCreate(
        SaleId sale,
        Instant preQueueAt,
        Instant opensAt,
        ValveRates rates,
        TimeSpan acceptWithin,
        int maxPlaces,
        [NotNullWhen(true)] out ValveSpec? spec,
        [NotNullWhen(false)] out InvalidValue? error)
    {
        error = ErrorIn(sale, preQueueAt, opensAt, rates, acceptWithin, maxPlaces);
        spec = error is null ? new ValveSpec(sale, preQueueAt, opensAt, rates, acceptWithin, maxPlaces) : null;
        return error is null;
    }

    /// <summary>Creates a spec that the program itself knows to be right.</summary>
    /// <param name="sale">The sale.</param>
    /// <param name="preQueueAt">From when people may come.</param>
    /// <param name="opensAt">The opening; not earlier.</param>
    /// <param name="rates">The caps at first.</param>
    /// <param name="acceptWithin">10 s to 1 hour, in whole milliseconds; null for <see cref="DefaultAcceptWithin"/>.</param>
    /// <param name="maxPlaces">1 to 1,000,000.</param>
    /// <returns>The spec.</returns>
    /// <exception cref="ArgumentException">A value is wrong; the message names it and the rule.</exception>
    public static ValveSpec Of(SaleId sale, Instant preQueueAt, Instant opensAt, ValveRates rates, TimeSpan? acceptWithin = null,
        int maxPlaces = DefaultMaxPlaces) =>
        TryCreate(sale, preQueueAt, opensAt, rates, acceptWithin ?? DefaultAcceptWithin, maxPlaces, out var spec, out var error)
            ? spec
            : throw new ArgumentException(error.ToString());

    private static InvalidValue? ErrorIn(
        SaleId sale, Instant preQueueAt, Instant opensAt, ValveRates rates, TimeSpan acceptWithin, int maxPlaces)
    {
        if (sale == default)
            return new InvalidValue("sale", "missing", "must name a sale");
        if (opensAt < preQueueAt)
            return new InvalidValue("opensAt", $"{Text(opensAt.Microseconds)} us", "must not be before preQueueAt");
        if (rates == default)
            return new InvalidValue("rates", "missing", "must be given");
        if (acceptWithin < ShortestTurn || acceptWithin > LongestTurn || acceptWithin.Ticks % TimeSpan.TicksPerMillisecond != 0)
            return new InvalidValue("acceptWithin", acceptWithin.ToString("c", CultureInfo.InvariantCulture),
                "must be from 10 seconds to 1 hour, in whole milliseconds");
        if (maxPlaces is < 1 or > DefaultMaxPlaces)
            return new InvalidValue("maxPlaces", Text(maxPlaces), "must be from 1 to 1,000,000 places");
        return null;
    }

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
