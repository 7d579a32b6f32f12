using System.Globalization;
using OrleansLimiter.AspNetCore;
using OrleansLimiter.Shop.Data;

namespace OrleansLimiter.Shop.Sales;

/// <summary>Why tickets are not sold, as problems of the wire contract.</summary>
internal static class PurchaseProblems
{
    private const string TicketGoneReason = "ticketGone";
    private const string TicketLimitReason = "ticketLimit";
    private const string SoldOutReason = "soldOut";

    /// <summary>402: the card was declined.</summary>
    public static Problem Declined { get; } = Of(
        StatusCodes.Status402PaymentRequired, "declined", "The card was declined. Nothing was charged, and the tickets were given back.");

    /// <summary>409: another purchase has one of the tickets.</summary>
    public static Problem TicketGone { get; } = Of(
        StatusCodes.Status409Conflict, TicketGoneReason, "A ticket is gone: another purchase has it. None of the others was bought.");

    /// <summary>409: there are no tickets left.</summary>
    public static Problem SoldOut { get; } = Of(StatusCodes.Status409Conflict, SoldOutReason, "The sale has no tickets left.");

    /// <summary>409: a turn at the valve is used once.</summary>
    public static Problem AdmissionUsed { get; } = Of(
        StatusCodes.Status409Conflict, "admissionUsed", "The admission was used for another purchase.");

    /// <summary>409: a turn at the valve ends with its place.</summary>
    public static Problem AdmissionEnded { get; } = Of(
        StatusCodes.Status409Conflict, "admissionEnded",
            "The admission has ended: it was given up, or too many payments were declined with it. Join the line again, or send the "
            + "request without it.");

    /// <summary>
    /// 429: an operator holds the line, and nothing is bought meanwhile. Who was admitted keeps the turn until it expires.
    /// </summary>
    public static Problem Paused { get; } = (Of(
        StatusCodes.Status429TooManyRequests,
        "paused",
        "The sale is paused: nothing is sold. Send the request again in 2 seconds: you keep your turn until it expires.") with
    {
        Type = Problem.QuotaExceeded,
        Policy = PayTicketCall.Limit,
        RetryAfterMs = 2_000,
    }).InLine(position: null, etaSeconds: null);

    /// <summary>409: the first request under the same key has not been answered.</summary>
    public static Problem Running { get; } = Of(
        StatusCodes.Status409Conflict, "running", "The purchase under this Idempotency-Key has not ended. Try again in 1 second.") with
    {
        RetryAfterMs = 1_000,
    };

    /// <summary>410: the sale is over.</summary>
    public static Problem Closed { get; } = Of(StatusCodes.Status410Gone, "saleClosed", "The sale is over.");

    /// <summary>422: the same key with another body.</summary>
    public static Problem OtherBody { get; } = Of(
        StatusCodes.Status422UnprocessableEntity, "otherBody", "This Idempotency-Key was used with another body.") with
    {
        Field = "Idempotency-Key",
    };

    /// <summary>409: the sale has not opened.</summary>
    public static Problem NotOpen(Sale sale)
    {
        var opensAt = WireTime.Of(sale.OpensAt);
        return Of(
            StatusCodes.Status409Conflict,
            "saleNotOpen",
            string.Create(CultureInfo.InvariantCulture, $"The sale opens at {opensAt:yyyy-MM-ddTHH:mm:ssZ}.")).OpeningAt(opensAt);
    }

    /// <summary>409: more tickets than an order may hold, or than one user may have.</summary>
    public static Problem TicketLimit(Sale sale) => Of(
        StatusCodes.Status409Conflict,
        TicketLimitReason,
        string.Create(CultureInfo.InvariantCulture,
            $"That would be too many tickets: at most {sale.MaxPerOrder} in an order and {sale.MaxPerUser} for one user."));

    /// <summary>Whether a 409 stays so, whatever comes: such a one is kept under an <c>Idempotency-Key</c>.</summary>
    public static bool IsFinal(Problem problem) => problem.Reason is TicketGoneReason or TicketLimitReason or SoldOutReason;

    private static Problem Of(int status, string reason, string message) =>
        new() { Status = status, Reason = reason, Message = message };
}
