using System.Security.Cryptography;
using OrleansLimiter.Hosting.Reading;
using OrleansLimiter.Shop.Data;

namespace OrleansLimiter.Shop.Sales;

/// <summary>An <c>Idempotency-Key</c> and the body that it stands for. Immutable.</summary>
/// <param name="Text">The key: 1 to 255 visible ASCII characters.</param>
/// <param name="BodyMac">The HMAC of the body as it was sent.</param>
/// <param name="MeaningMac">The HMAC of what it says.</param>
internal sealed record RequestKey(string Text, byte[] BodyMac, byte[] MeaningMac)
{
    public const string Header = "Idempotency-Key";

    private static readonly RequestError Wrong = RequestError.WrongType(
        Header, "not such a key", "1 to 255 visible ASCII characters, once");

    /// <summary>Reads the header.</summary>
    /// <param name="request">The request.</param>
    /// <param name="text">The key; null: there is none, or an error.</param>
    /// <returns>What is wrong; null if nothing is.</returns>
    public static RequestError? Read(HttpRequest request, out string? text)
    {
        text = null;
        var values = request.Headers[Header];
        if (values.Count == 0)
            return null;
        var value = values.Count == 1 ? values[0] ?? string.Empty : string.Empty;
        if (value.Length is 0 or > KeptReply.MaxKey || value.Any(c => c is < '!' or > '~'))
            return Wrong;
        text = value;
        return null;
    }

    /// <summary>
    /// Whether a body says what the one said that an answer was kept for. Who wrote the answer may have been a build that knew the bytes
    /// alone.
    /// </summary>
    public bool IsOf(KeptReply reply) =>
        CryptographicOperations.FixedTimeEquals(reply.BodyMac, BodyMac)
        || (reply.MeaningMac is { } meaning && CryptographicOperations.FixedTimeEquals(meaning, MeaningMac));
}
