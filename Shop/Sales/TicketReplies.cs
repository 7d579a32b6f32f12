using System.ComponentModel;
using System.Text.Json.Serialization;

namespace OrleansLimiter.Shop.Sales;

/// <summary>A sale, as it is told.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">What is sold.</param>
/// <param name="Phase">One of <see cref="SalePhase"/>.</param>
/// <param name="OpensAt">When it opens, in UTC.</param>
/// <param name="Price">The price of one ticket, in the currency's smallest unit.</param>
/// <param name="Currency">The currency (ISO 4217).</param>
/// <param name="Available">How many tickets can be bought.</param>
/// <param name="Total">How many there are.</param>
internal sealed record SaleReply(
    Guid Id,
    string Name,
    [property: Description("scheduled, preQueue, open, paused, soldOut or closed.")] string Phase,
    [property: Description("UTC.")] DateTime OpensAt,
    [property: Description("Of one ticket, in the currency's smallest unit.")] long Price,
    [property: Description("ISO 4217.")] string Currency,
    int Available,
    int Total);

/// <summary>A list.</summary>
/// <param name="Items">What it holds.</param>
internal sealed record SalesReply(IReadOnlyList<SaleReply> Items);

internal sealed record TicketReply(Guid Id);

/// <summary>A page of tickets.</summary>
/// <param name="Items">At most 100.</param>
/// <param name="Next">What to send as <c>after</c> for the next page; left out on the last.</param>
internal sealed record TicketsReply(
    IReadOnlyList<TicketReply> Items,
    [property: Description("What to send as after for the next page; left out on the last.")] Guid? Next);

/// <summary>What was bought.</summary>
/// <param name="ReceiptId">Its id.</param>
/// <param name="Tickets">The tickets' ids.</param>
/// <param name="Amount">What was charged, in the currency's smallest unit.</param>
/// <param name="Currency">The currency.</param>
/// <param name="CardLast4">The card's last four digits.</param>
/// <param name="PaidAt">When, in UTC.</param>
internal sealed record Receipt(
    Guid ReceiptId,
    IReadOnlyList<Guid> Tickets,
    [property: Description("In the currency's smallest unit.")] long Amount,
    string Currency,
    string CardLast4,
    [property: Description("UTC.")] DateTime PaidAt);

/// <summary>A user's receipts.</summary>
/// <param name="Items">The newest first.</param>
internal sealed record ReceiptsReply(IReadOnlyList<Receipt> Items);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SaleReply))]
[JsonSerializable(typeof(SalesReply))]
[JsonSerializable(typeof(TicketsReply))]
[JsonSerializable(typeof(Receipt))]
[JsonSerializable(typeof(ReceiptsReply))]
internal sealed partial class TicketJson : JsonSerializerContext;
