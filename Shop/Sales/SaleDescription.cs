using System.Globalization;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Hosting.Reading;
using OrleansLimiter.Shop.Data;

namespace OrleansLimiter.Shop.Sales;

/// <summary>A sale as an operator describes it, in the body of <c>POST /admin/sales</c>, with its rules.</summary>
internal static class SaleDescription
{
    private const int MaxTickets = 50_000;
    private const long MaxPrice = 100_000_000;
    private const long MaxPerBuyer = 100;
    private const string DefaultCurrency = "EUR";
    private const string TimeRule = "a time with its offset as in 2026-12-24T18:00:00Z";
    private static readonly TimeSpan Farthest = TimeSpan.FromDays(5 * 366);
    private static readonly string[] TimeFormats = ["yyyy-MM-ddTHH:mm:ssK", "yyyy-MM-ddTHH:mm:ss.FFFFFFFK", "yyyy-MM-ddTHH:mmK"];
    private static readonly BodyField Name = new("name", BodyFieldKind.Text, NameRule);
    private static readonly BodyField Tickets = new("tickets", BodyFieldKind.Whole, "an integer from 1 to 50,000");
    private static readonly BodyField Price = new(
        "price", BodyFieldKind.Whole, "an integer from 0 to 100,000,000, of one ticket in the currency's smallest unit");
    private static readonly BodyField Currency = new("currency", BodyFieldKind.Text, "three capital letters (ISO 4217)");
    private static readonly BodyField OpensAt = new("opensAt", BodyFieldKind.Text, $"{TimeRule}, in the future and within five years");
    private static readonly BodyField ClosesAt = new("closesAt", BodyFieldKind.Text, $"{TimeRule}, after opensAt and within five years");
    private static readonly BodyField MaxPerOrder = new("maxPerOrder", BodyFieldKind.Whole, "an integer from 1 to 100");
    private static readonly BodyField MaxPerUser = new("maxPerUser", BodyFieldKind.Whole, "an integer from 1 to 100");

    /// <summary>The rule of a sale's name.</summary>
    public const string NameRule = "1 to 200 characters and no control characters";

    /// <summary>Which fields there may be.</summary>
    public static BodyReader Body { get; } = new(Name, Tickets, Price, Currency, OpensAt, ClosesAt, MaxPerOrder, MaxPerUser);

    /// <summary>Whether a text may be a sale's name.</summary>
    public static bool IsName(string text) => text.Length is > 0 and <= Sale.MaxName && !text.Any(char.IsControl);

    /// <summary>Reads a description.</summary>
    /// <param name="body">The fields, whose types are right.</param>
    /// <param name="now">What is not in the future is refused as an opening.</param>
    /// <param name="sale">The sale, under a new id; null: there is an error.</param>
    /// <returns>What is wrong; null if nothing is.</returns>
    public static RequestError? Read(BodyValues body, DateTimeOffset now, out Sale? sale)
    {
        sale = null;
        var (opensAt, closesAt) = (TimeIn(body, OpensAt), TimeIn(body, ClosesAt));
        var error = ErrorInTexts(body) ?? ErrorInNumbers(body) ?? ErrorInTimes(body, now, opensAt, closesAt);
        if (error is not null)
            return error;
        var count = (int)body.Whole(Tickets)!;
        sale = new Sale
        {
            Id = Guid.NewGuid(),
            Name = body.Text(Name)!,
            OpensAt = Instant.From(opensAt!.Value),
            ClosesAt = closesAt is { } end ? Instant.From(end) : null,
            Price = body.Whole(Price)!.Value,
            Currency = body.Text(Currency) ?? DefaultCurrency,
            Total = count,
            Available = count,
            MaxPerOrder = (int)(body.Whole(MaxPerOrder) ?? Sale.DefaultMax),
            MaxPerUser = (int)(body.Whole(MaxPerUser) ?? Sale.DefaultMax),
        };
        return null;
    }

    private static RequestError? ErrorInTexts(BodyValues body)
    {
        if (body.Text(Name) is not { } name)
            return Missing(Name);
        if (!IsName(name))
            return RequestError.WrongType(Name.Name, "not such a text", NameRule);
        return body.Text(Currency) is { } currency && (currency.Length != 3 || currency.Any(c => !char.IsAsciiLetterUpper(c)))
            ? RequestError.WrongType(Currency.Name, "not such a text", Currency.Rule)
            : null;
    }

    private static RequestError? ErrorInNumbers(BodyValues body)
    {
        if (body.Whole(Tickets) is null)
            return Missing(Tickets);
        if (body.Whole(Price) is null)
            return Missing(Price);
        return body.ErrorIn(Tickets, 1, MaxTickets) ?? body.ErrorIn(Price, 0, MaxPrice) ?? body.ErrorIn(MaxPerOrder, 1, MaxPerBuyer)
            ?? body.ErrorIn(MaxPerUser, 1, MaxPerBuyer);
    }

    private static RequestError? ErrorInTimes(BodyValues body, DateTimeOffset now, DateTimeOffset? opensAt, DateTimeOffset? closesAt)
    {
        if (body.Text(OpensAt) is null)
            return Missing(OpensAt);
        if (opensAt is not { } from)
            return RequestError.WrongType(OpensAt.Name, "no such time", OpensAt.Rule);
        if (from <= now)
            return RequestError.WrongType(OpensAt.Name, "past", OpensAt.Rule);
        if (from > now + Farthest)
            return RequestError.WrongType(OpensAt.Name, "too far away", OpensAt.Rule);
        if (body.Text(ClosesAt) is null)
            return null;
        return closesAt is { } to && to > from && to <= now + Farthest
            ? null
            : RequestError.WrongType(ClosesAt.Name, "not such a time", ClosesAt.Rule);
    }

    private static RequestError Missing(BodyField field) => RequestError.WrongType(field.Name, "missing", field.Rule);

    // Without an offset nobody could say which instant it is.
    private static DateTimeOffset? TimeIn(BodyValues body, BodyField field) =>
        body.Text(field) is { } text
        && DateTime.TryParseExact(text, TimeFormats, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out var time)
            && time.Kind != DateTimeKind.Unspecified
            ? new DateTimeOffset(time)
            : null;
}
