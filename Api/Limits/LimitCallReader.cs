using System.Text.Json;
using OrleansLimiter.Hosting.Reading;

namespace OrleansLimiter.Api.Limits;

/// <summary>
/// Reads the JSON bodies of the limit service by hand, so that every complaint names its field and its rule, and nothing but the
/// values is allocated. A field that is null is as one that was left out; one that is there twice is an error, and so is one
/// that the route does not know: a misspelt cost must not charge 1.
/// </summary>
internal static class LimitCallReader
{
    private const Fields OfCharge = Fields.Key | Fields.Cost | Fields.Policy | Fields.RequestId;
    private const Fields OfRelease = Fields.Key | Fields.Policy | Fields.Lease | Fields.RequestId;

    /// <summary>The most checks in one batch.</summary>
    public const int MaxChecks = 100;

    /// <summary>Reads a call that charges or refunds.</summary>
    /// <param name="json">The whole body.</param>
    /// <param name="call">The call; as far as it was read, if there is an error.</param>
    /// <returns>What is wrong; null if nothing is.</returns>
    public static RequestError? Read(ReadOnlySpan<byte> json, out LimitCall call)
    {
        call = default;
        return JsonObjectBody.Read(json, ReadChargeFields, ref call);
    }

    /// <summary>Reads a call that releases.</summary>
    /// <param name="json">The whole body.</param>
    /// <param name="call">The call; as far as it was read, if there is an error.</param>
    /// <returns>What is wrong; null if nothing is.</returns>
    public static RequestError? ReadRelease(ReadOnlySpan<byte> json, out LimitCall call)
    {
        call = default;
        return JsonObjectBody.Read(json, ReadReleaseFields, ref call);
    }

    /// <summary>Reads a batch.</summary>
    /// <param name="json">The whole body.</param>
    /// <param name="calls">The calls; empty if there is an error.</param>
    /// <returns>What is wrong; null if nothing is.</returns>
    public static RequestError? ReadBatch(ReadOnlySpan<byte> json, out List<LimitCall> calls)
    {
        calls = [];
        return JsonObjectBody.Read(json, ReadChecks, ref calls);
    }

    private static RequestError? ReadChargeFields(ref Utf8JsonReader reader, ref LimitCall call) =>
        ReadCall(ref reader, OfCharge, ref call);

    private static RequestError? ReadReleaseFields(ref Utf8JsonReader reader, ref LimitCall call) =>
        ReadCall(ref reader, OfRelease, ref call);

    private static RequestError? ReadChecks(ref Utf8JsonReader reader, ref List<LimitCall> calls)
    {
        var seen = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (!JsonText.IsNamed(ref reader, "checks"u8))
                return JsonText.UnknownField(ref reader, ["checks"]);
            if (seen)
                return RequestError.BadField("checks", $"checks {JsonText.Once}.");
            seen = true;
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartArray)
                return RequestError.WrongType("checks", JsonText.Named(reader.TokenType), "an array of 1 to 100 objects");
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                if (calls.Count == MaxChecks)
                    return RequestError.BadField("checks", "checks holds more than 100 items: it must hold 1 to 100.");
                if (reader.TokenType != JsonTokenType.StartObject)
                    return RequestError.WrongType($"checks[{calls.Count}]", JsonText.Named(reader.TokenType), "an object");
                var call = default(LimitCall);
                if (ReadChargeFields(ref reader, ref call) is { } error)
                    return error.Within($"checks[{calls.Count}]");
                calls.Add(call);
            }
        }

        return calls.Count > 0 ? null : RequestError.BadField(
            "checks", seen ? "checks is empty: it must hold 1 to 100 items." : "checks is missing: it must hold 1 to 100 items.");
    }

    private static RequestError? ReadCall(ref Utf8JsonReader reader, Fields known, ref LimitCall call)
    {
        var seen = Fields.None;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var field = FieldNamed(ref reader);
            if ((field & known) == 0)
                return JsonText.UnknownField(ref reader, Enum.GetValues<Fields>().Where(one => one != Fields.None && known.HasFlag(one))
                    .Select(NameOf));

            if ((seen & field) != 0)
                return RequestError.BadField(NameOf(field), $"{NameOf(field)} {JsonText.Once}.");
            seen |= field;
            reader.Read();
            if (reader.TokenType == JsonTokenType.Null)
                continue;
            if (field == Fields.Cost)
            {
                if (reader.TokenType != JsonTokenType.Number)
                    return RequestError.WrongType("cost", JsonText.Named(reader.TokenType), LimitCall.CostRule);
                if (!reader.TryGetInt64(out var cost))
                    return RequestError.WrongType("cost", JsonText.Shortened(reader.ValueSpan), LimitCall.CostRule);
                call.Cost = cost;
                continue;
            }

            if (reader.TokenType != JsonTokenType.String)
                return RequestError.WrongType(NameOf(field), JsonText.Named(reader.TokenType), "a string");
            if (!JsonText.TryGetText(ref reader, out var text))
                return RequestError.WrongType(NameOf(field), "not valid Unicode", "text without lone surrogates");
            Set(ref call, field, text);
        }

        return null;
    }

    private static void Set(ref LimitCall call, Fields field, string text)
    {
        switch (field)
        {
            case Fields.Key:
                call.Key = text;
                break;
            case Fields.Policy:
                call.Policy = text;
                break;
            case Fields.RequestId:
                call.RequestId = text;
                break;
            default:
                call.Lease = text;
                break;
        }
    }

    private static Fields FieldNamed(ref Utf8JsonReader reader)
    {
        if (JsonText.IsNamed(ref reader, "key"u8))
            return Fields.Key;
        if (JsonText.IsNamed(ref reader, "cost"u8))
            return Fields.Cost;
        if (JsonText.IsNamed(ref reader, "policy"u8))
            return Fields.Policy;
        if (JsonText.IsNamed(ref reader, "requestId"u8))
            return Fields.RequestId;
        return JsonText.IsNamed(ref reader, "lease"u8) ? Fields.Lease : Fields.None;
    }

    private static string NameOf(Fields field) => field switch
    {
        Fields.Key => "key",
        Fields.Cost => "cost",
        Fields.Policy => "policy",
        Fields.RequestId => "requestId",
        _ => "lease",
    };

    [Flags]
    private enum Fields
    {
        None = 0,
        Key = 1,
        Cost = 2,
        Policy = 4,
        RequestId = 8,
        Lease = 16,
    }
}
