using System.Globalization;
using OrleansLimiter.Hosting.Reading;
using OrleansLimiter.Shop.Payments;

namespace OrleansLimiter.Shop.Sales;

/// <summary>The body of a purchase: everything that can be checked without looking anything up.</summary>
/// <param name="Tickets">Which tickets, each once.</param>
/// <param name="Card">The card.</param>
/// <param name="Mac">The HMAC of the body as it was sent.</param>
internal sealed record PayTicketBody(IReadOnlyList<Guid> Tickets, CardNumber Card, byte[] Mac)
{
    private const int MaxTickets = 100;
    private const string Rule = "an array of 1 to 100 ticket ids, each once";
    private static readonly BodyField TicketUuids = new("ticketUuids", BodyFieldKind.Texts, Rule);
    private static readonly BodyField CreditCard = new("creditCard", BodyFieldKind.Text);
    private static readonly BodyReader Body = new(TicketUuids, CreditCard);

    /// <summary>Reads a body.</summary>
    /// <param name="json">The whole body.</param>
    /// <param name="mac">Its HMAC.</param>
    /// <param name="body">The body, if nothing is wrong.</param>
    /// <returns>What is wrong; null if nothing is.</returns>
    public static RequestError? Read(ReadOnlySpan<byte> json, byte[] mac, out PayTicketBody? body)
    {
        body = null;
        if (Body.Read(json, out var values) is { } malformed)
            return malformed;
        if (ReadTickets(values.Texts(TicketUuids), out var tickets) is { } wrong)
            return wrong;
        if (!CardNumber.TryParse(values.Text(CreditCard), out var card, out var error))
            return error;
        body = new PayTicketBody(tickets, card, mac);
        return null;
    }

    private static RequestError? ReadTickets(IReadOnlyList<string>? texts, out List<Guid> tickets)
    {
        tickets = [];
        if (texts is null)
            return RequestError.WrongType(TicketUuids.Name, "missing", Rule);
        if (texts.Count is 0 or > MaxTickets)
            return RequestError.WrongType(
                TicketUuids.Name, string.Create(CultureInfo.InvariantCulture, $"an array of {texts.Count}"), Rule);
        for (var i = 0; i < texts.Count; i++)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"{TicketUuids.Name}[{i}]");
            if (!Guid.TryParseExact(texts[i], "D", out var id))
                return RequestError.WrongType(name, "not such an id", "a UUID with dashes");
            if (tickets.Contains(id))
                return RequestError.WrongType(name, "there a second time", "another ticket");
            tickets.Add(id);
        }

        return null;
    }
}
