using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace OrleansLimiter.Shop.Sales;

// What bodies of requests hold, for the API's description: the calls read them field by field.

/// <summary>A purchase.</summary>
internal sealed record PurchaseBody(
    [property: MinLength(1), MaxLength(100)] IReadOnlyList<string> TicketUuids,
    [property: Description("12 to 19 digits, spaces and dashes allowed.")] string CreditCard);

/// <summary>A sale that an operator makes.</summary>
internal sealed record NewSaleBody(
    [property: Description("At most 200 characters.")] string Name,
    [property: Range(1, 50_000)] int Tickets,
    [property: Range(0, 100_000_000), Description("Of one ticket, in the currency's smallest unit.")] int Price,
    [property: DefaultValue("EUR"), Description("ISO 4217.")] string? Currency,
    [property: Description("With its offset; in the future.")] DateTimeOffset OpensAt,
    [property: Description("After opensAt; while there are tickets if left out.")] DateTimeOffset? ClosesAt,
    [property: Range(1, 100), DefaultValue(4)] int? MaxPerOrder,
    [property: Range(1, 100), DefaultValue(4)] int? MaxPerUser);

/// <summary>A sale for a demonstration.</summary>
internal sealed record DevSaleBody(
    [property: Description("At most 200 characters.")] string? Name,
    [property: Range(1, 10_000)] int Tickets,
    [property: Range(0, 1_000_000), DefaultValue(4_900)] int? Price,
    [property: Range(0, 3_600), DefaultValue(0)] int? OpensInSeconds,
    [property: Range(1, 100), DefaultValue(4)] int? MaxPerOrder,
    [property: Range(1, 100), DefaultValue(4)] int? MaxPerUser);
