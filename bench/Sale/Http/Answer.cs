using System.Globalization;
using System.Text.Json;

namespace OrleansLimiter.SaleBench.Http;

/// <summary>An answer, or that there was none.</summary>
/// <param name="Sent">When the request was handed to the client: not later than it was sent.</param>
/// <param name="Received">When the whole answer was there: not earlier than it was given.</param>
/// <param name="Kind">What it means.</param>
/// <param name="Name">How it is counted: the status and the reason.</param>
internal readonly record struct Answer(long Sent, long Received, AnswerKind Kind, string Name)
{
    private const int Queued = 429;

    /// <summary>When to ask again; null: the answer does not say.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The position in line that was told.</summary>
    public int? Position { get; init; }

    /// <summary>The number of the place, which only the queue's own route tells.</summary>
    public long? Place { get; init; }

    /// <summary>The tickets of a receipt.</summary>
    public Guid[] Tickets { get; init; } = [];

    /// <summary>Reads the answer to a purchase.</summary>
    public static Answer OfPurchase(long sent, long received, int status, TimeSpan? retryAfter, ReadOnlySpan<byte> body)
    {
        using var json = Parse(body);
        var root = json?.RootElement ?? default;
        if (status == 200 && Member(root, "tickets") is { ValueKind: JsonValueKind.Array } tickets)
            return new(sent, received, AnswerKind.Bought,
                "200")
            { Tickets = [.. tickets.EnumerateArray().Select(ticket => ticket.GetGuid())] };
        if (status == Queued && Member(root, "queue") is { ValueKind: JsonValueKind.Object } queue)
            return new(sent, received, AnswerKind.Held, "429 held in line")
            {
                RetryAfter = retryAfter,
                Position = Whole(queue, "position")
            };
        var reason = Member(root, "reason") is { ValueKind: JsonValueKind.String } text ? text.GetString()! : string.Empty;
        var kind = (status, reason) switch
        {
            (409, "ticketGone") => AnswerKind.TicketGone,
            (409, "ticketLimit") => AnswerKind.TicketLimit,
            (409, "admissionUsed") => AnswerKind.TurnUsed,
            (409, "soldOut") or (410, _) => AnswerKind.Over,
            (409, "saleNotOpen") => AnswerKind.NotOpen,
            (503, "databaseBusy") => AnswerKind.Busy,
            (409, "running") => AnswerKind.Running,
            (404, "noPlace") => AnswerKind.NoPlace,
            (Queued, _) => AnswerKind.Limited,
            ( >= 500, _) => AnswerKind.Failed,
            _ => AnswerKind.Unexpected,
        };
        if (status == Queued && Member(root, "policy") is { ValueKind: JsonValueKind.String } policy)
            reason = policy.GetString()!;
        return new(sent, received, kind, NameOf(status, reason)) { RetryAfter = retryAfter };
    }

    /// <summary>Reads the answer of the queue.</summary>
    public static Answer OfQueue(long sent, long received, int status, TimeSpan? retryAfter, ReadOnlySpan<byte> body)
    {
        using var json = Parse(body);
        var root = json?.RootElement ?? default;
        if (status is not (200 or 202) || Member(root, "state") is not { ValueKind: JsonValueKind.String } state)
            return OfPurchase(sent, received, status == 200 ? 0 : status, retryAfter, body) with { Place = null };
        var kind = state.GetString() switch
        {
            "joining" or "preQueue" or "waiting" => AnswerKind.Held,
            "admitted" => AnswerKind.Turn,
            "soldOut" => AnswerKind.Over,
            _ => AnswerKind.Unexpected,
        };
        return new(sent, received, kind, NameOf(status, "queue, " + state.GetString()))
        {
            RetryAfter = Whole(root, "pollAfterMs") is { } ms ? TimeSpan.FromMilliseconds(ms) : null,
            Position = Whole(root, "position"),
            Place = Whole(root, "place"),
        };
    }

    /// <summary>There was no answer.</summary>
    public static Answer None(long sent, long received, string why) => new(sent, received, AnswerKind.Failed, "no answer, " + why);

    private static string NameOf(int status, string reason) =>
        string.Create(CultureInfo.InvariantCulture, $"{status}{(reason.Length > 0 ? " " : string.Empty)}{reason}");

    private static JsonElement? Member(JsonElement root, string name) =>
        root.ValueKind == JsonValueKind.Object && root.TryGetProperty(name, out var member) ? member : null;

    private static int? Whole(JsonElement root, string name) =>
        Member(root, name) is { ValueKind: JsonValueKind.Number } number && number.TryGetInt32(out var value) ? value : null;

    private static JsonDocument? Parse(ReadOnlySpan<byte> body)
    {
        try
        {
            var reader = new Utf8JsonReader(body);
            return JsonDocument.ParseValue(ref reader);
        }
        catch (JsonException)
        {
            return null; // whatever is in between has answered
        }
    }
}
