using OrleansLimiter.Hosting.Reading;

namespace OrleansLimiter.Shop.Sales;

/// <summary>
/// The request of a purchase, read once by whoever needs it first: a replay before the limit is asked, a refusal that keeps a place, or the
/// purchase itself. Used by one request.
/// </summary>
internal sealed class PayTicketRequest
{
    private PayTicketRequest(PayTicketBody? body, RequestKey? key, RequestError? error)
    {
        Body = body;
        Key = key;
        Error = error;
    }

    /// <summary>The body; null: there is an error.</summary>
    public PayTicketBody? Body { get; }

    /// <summary>The <c>Idempotency-Key</c>; null: there is none, or an error.</summary>
    public RequestKey? Key { get; }

    /// <summary>What is wrong; null if nothing is.</summary>
    public RequestError? Error { get; }

    /// <summary>Reads a request, unless it was read before.</summary>
    /// <param name="context">The request.</param>
    /// <param name="kept">Makes the HMACs.</param>
    /// <exception cref="OperationCanceledException">The client went away.</exception>
    public static async ValueTask<PayTicketRequest> OfAsync(HttpContext context, KeptReplies kept)
    {
        if (context.Features.Get<PayTicketRequest>() is { } read)
            return read;
        read = await ReadAsync(context.Request, kept);
        context.Features.Set(read);
        return read;
    }

    private static async ValueTask<PayTicketRequest> ReadAsync(HttpRequest request, KeptReplies kept)
    {
        if (JsonBody.ErrorInHeader(request) is { } wrongHeader)
            return new PayTicketRequest(null, null, wrongHeader);
        var (body, error) = await JsonBody.ReadAsync<PayTicketBody?>(
            request, (json, out parsed) => PayTicketBody.Read(json, kept.MacOf(json), out parsed));
        string? text = null;
        error ??= RequestKey.Read(request, out text);
        if (error is not null)
            return new PayTicketRequest(null, null, error);
        return new PayTicketRequest(body, text is null ? null : new RequestKey(text, body!.Mac, kept.MeaningMacOf(body)), null);
    }
}
