using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace OrleansLimiter.Hosting.Reading;

/// <summary>What all readers of JSON bodies share: how malformed bytes, names and texts are told.</summary>
internal static class JsonText
{
    /// <summary>The end of the complaint about a field that is there twice.</summary>
    public const string Once = "must be there only once";

    /// <summary>However deep a body is, it is malformed or not for another reason; its size bounds it.</summary>
    public static readonly JsonReaderOptions AnyDepth = new() { MaxDepth = JsonBody.MaxBytes };

    /// <summary>What is wrong with a body before it is read as JSON: nothing there, or no UTF-8.</summary>
    public static RequestError? ErrorInBytes(ReadOnlySpan<byte> json)
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

    /// <summary>The complaint about a body that is no JSON.</summary>
    public static RequestError Malformed(JsonException malformed) =>
        Malformed(malformed.LineNumber ?? 0, malformed.BytePositionInLine ?? 0, "it is not JSON");

    /// <summary>Whether a property has this name.</summary>
    public static bool IsNamed(ref Utf8JsonReader reader, ReadOnlySpan<byte> name) =>
        reader.ValueIsEscaped
            ? TryGetText(ref reader, out var text) && Encoding.UTF8.GetBytes(text).AsSpan().SequenceEqual(name)
            : reader.ValueSpan.SequenceEqual(name);

    /// <summary>
    /// The text of a string or a name; the reader complains of a lone surrogate, written as an escape, by this exception.
    /// </summary>
    public static bool TryGetText(ref Utf8JsonReader reader, out string text)
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

    /// <summary>The complaint about a field that there is not, whose name the reader stands at.</summary>
    public static RequestError UnknownField(ref Utf8JsonReader reader, IEnumerable<string> known)
    {
        var name = TryGetText(ref reader, out var text) ? RequestError.Shown(text) : "a name that is not valid Unicode";
        return RequestError.BadField(name, $"{name} is unknown: the object may hold {string.Join(", ", known)}.");
    }

    /// <summary>A number as messages show it.</summary>
    public static string Shortened(ReadOnlySpan<byte> number) =>
        Encoding.ASCII.GetString(number.Length <= 32 ? number : number[..32]) + (number.Length <= 32 ? string.Empty : "...");

    /// <summary>A kind of value as messages call it.</summary>
    public static string Named(JsonTokenType type) => type switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        JsonTokenType.String => "a string",
        JsonTokenType.Number => "a number",
        JsonTokenType.Null => "null",
        _ => "a boolean",
    };

    /// <summary>Lines and bytes are counted from 1, as editors do.</summary>
    private static RequestError Malformed(long line, long position, string why) =>
        RequestError.BadField("body", $"The body is malformed at line {line + 1}, byte {position + 1}: {why} from there on.");
}
