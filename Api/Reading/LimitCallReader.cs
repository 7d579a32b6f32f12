using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace OrleansLimiter.Api.Reading;

/// <summary>
/// Reads the JSON bodies of the limit service by hand, so that every complaint names its field and its rule, and nothing but the
/// values is allocated. A field that is null is as one that was left out; one that is there twice is an error; unknown ones are skipped.
/// </summary>
internal static class LimitCallReader
{
    // However deep an unknown field is, it is ignored; the body's size bounds it.
    private static readonly JsonReaderOptions AnyDepth = new() { MaxDepth = JsonBody.MaxBytes };

    /// <summary>The most checks in one batch.</summary>
    public const int MaxChecks = 100;

    private const string Once = "must be there only once";

    /// <summary>Reads one call.</summary>
    /// <param name="json">The whole body.</param>
    /// <param name="call">The call; as far as it was read, if there is an error.</param>
    /// <returns>What is wrong; null if nothing is.</returns>
    public static RequestError? Read(ReadOnlySpan<byte> json, out LimitCall call)
    {
        call = default;
        if (ErrorInBytes(json) is { } error)
            return error;
        try
        {
            var reader = new Utf8JsonReader(json, AnyDepth);
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject)
                return RequestError.WrongType("body", Named(reader.TokenType), "a JSON object");
            error = ReadCall(ref reader, ref call);
            if (error is null)
                reader.Read(); // throws where something follows the object
            return error;
        }
        catch (JsonException malformed)
        {
            return Malformed(malformed);
        }
    }

    /// <summary>Reads a batch.</summary>
    /// <param name="json">The whole body.</param>
    /// <param name="calls">The calls; empty if there is an error.</param>
    /// <returns>What is wrong; null if nothing is.</returns>
    public static RequestError? ReadBatch(ReadOnlySpan<byte> json, out List<LimitCall> calls)
    {
        calls = [];
        if (ErrorInBytes(json) is { } error)
            return error;
        try
        {
            var reader = new Utf8JsonReader(json, AnyDepth);
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject)
                return RequestError.WrongType("body", Named(reader.TokenType), "a JSON object");
            error = ReadChecks(ref reader, calls);
            if (error is null)
                reader.Read();
            return error;
        }
        catch (JsonException malformed)
        {
            return Malformed(malformed);
        }
    }

    private static RequestError? ReadChecks(ref Utf8JsonReader reader, List<LimitCall> calls)
    {
        var seen = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (!IsNamed(ref reader, "checks"u8))
            {
                reader.Skip();
                continue;
            }

            if (seen)
                return RequestError.BadField("checks", $"checks {Once}.");
            seen = true;
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartArray)
                return RequestError.WrongType("checks", Named(reader.TokenType), "an array of 1 to 100 objects");
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                if (calls.Count == MaxChecks)
                    return RequestError.BadField("checks", "checks holds more than 100 items: it must hold 1 to 100.");
                if (reader.TokenType != JsonTokenType.StartObject)
                    return RequestError.WrongType($"checks[{calls.Count}]", Named(reader.TokenType), "an object");
                var call = default(LimitCall);
                if (ReadCall(ref reader, ref call) is { } error)
                    return error.Within($"checks[{calls.Count}]");
                calls.Add(call);
            }
        }

        return calls.Count > 0 ? null : RequestError.BadField("checks", seen ? "checks is empty: it must hold 1 to 100 items." : "checks is missing: it must hold 1 to 100 items.");
    }

    private static RequestError? ReadCall(ref Utf8JsonReader reader, ref LimitCall call)
    {
        var seen = Fields.None;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var field = FieldNamed(ref reader);
            if (field == Fields.None)
            {
                reader.Skip();
                continue;
            }

            if ((seen & field) != 0)
                return RequestError.BadField(NameOf(field), $"{NameOf(field)} {Once}.");
            seen |= field;
            reader.Read();
            if (reader.TokenType == JsonTokenType.Null)
                continue;
            if (field == Fields.Cost)
            {
                if (reader.TokenType != JsonTokenType.Number)
                    return RequestError.WrongType("cost", Named(reader.TokenType), LimitCall.CostRule);
                if (!reader.TryGetInt64(out var cost))
                    return RequestError.WrongType("cost", Shortened(reader.ValueSpan), LimitCall.CostRule);
                call.Cost = cost;
                continue;
            }

            if (reader.TokenType != JsonTokenType.String)
                return RequestError.WrongType(NameOf(field), Named(reader.TokenType), "a string");
            if (!TryGetText(ref reader, out var text))
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
        if (IsNamed(ref reader, "key"u8))
            return Fields.Key;
        if (IsNamed(ref reader, "cost"u8))
            return Fields.Cost;
        if (IsNamed(ref reader, "policy"u8))
            return Fields.Policy;
        if (IsNamed(ref reader, "requestId"u8))
            return Fields.RequestId;
        return IsNamed(ref reader, "lease"u8) ? Fields.Lease : Fields.None;
    }

    private static bool IsNamed(ref Utf8JsonReader reader, ReadOnlySpan<byte> name) =>
        reader.ValueIsEscaped
            ? TryGetText(ref reader, out var text) && Encoding.UTF8.GetBytes(text).AsSpan().SequenceEqual(name)
            : reader.ValueSpan.SequenceEqual(name);

    /// <summary>The text of a string or a name; the reader complains of a lone surrogate, written as an escape, by this exception.</summary>
    private static bool TryGetText(ref Utf8JsonReader reader, out string text)
    {
        try
        {
            text = reader.GetString()!;
            return true;
        }
        catch (InvalidOperationException)
        {
            text = string.Empty;
            return false;
        }
    }

    private static RequestError? ErrorInBytes(ReadOnlySpan<byte> json)
    {
        if (json.IsEmpty)
            return new RequestError(StatusCodes.Status400BadRequest, "body", "body is missing: it must be a JSON object.");
        if (Utf8.IsValid(json))
            return null;
        var good = 0;
        while (Rune.DecodeFromUtf8(json[good..], out _, out var length) == System.Buffers.OperationStatus.Done)
            good += length;
        return Malformed(json[..good].Count((byte)'\n'), good - (json[..good].LastIndexOf((byte)'\n') + 1), "it is not UTF-8");
    }

    private static RequestError Malformed(JsonException malformed) =>
        Malformed(malformed.LineNumber ?? 0, malformed.BytePositionInLine ?? 0, "it is not JSON");

    /// <summary>Lines and bytes are counted from 1, as editors do.</summary>
    private static RequestError Malformed(long line, long position, string why) =>
        RequestError.BadField("body", $"The body is malformed at line {line + 1}, byte {position + 1}: {why} from there on.");

    private static string Shortened(ReadOnlySpan<byte> number) =>
        Encoding.ASCII.GetString(number.Length <= 32 ? number : number[..32]) + (number.Length <= 32 ? string.Empty : "...");

    private static string Named(JsonTokenType type) => type switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        JsonTokenType.String => "a string",
        JsonTokenType.Number => "a number",
        JsonTokenType.Null => "null",
        _ => "a boolean",
    };

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
