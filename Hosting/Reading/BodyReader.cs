using System.Text.Json;

namespace OrleansLimiter.Hosting.Reading;

/// <summary>
/// Reads a JSON object of a few fields, so that every complaint names its field and its rule. A field that is null is as one that was left
/// out; one that is there twice is an error, and so is an unknown one. Immutable; safe for use by many threads.
/// </summary>
/// <param name="fields">The fields there may be.</param>
internal sealed class BodyReader(params BodyField[] fields)
{
    /// <summary>Reads a body.</summary>
    /// <param name="json">The whole body.</param>
    /// <param name="values">What it holds; as far as it was read, if there is an error.</param>
    /// <returns>What is wrong; null if nothing is.</returns>
    public RequestError? Read(ReadOnlySpan<byte> json, out BodyValues values)
    {
        values = new BodyValues();
        return JsonObjectBody.Read(json, ReadFields, ref values);
    }

    private RequestError? ReadFields(ref Utf8JsonReader reader, ref BodyValues values)
    {
        var seen = new HashSet<BodyField>();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (FieldNamed(ref reader) is not { } field)
                return JsonText.UnknownField(ref reader, fields.Select(known => known.Name));
            if (!seen.Add(field))
                return RequestError.BadField(field.Name, $"{field.Name} {JsonText.Once}.");
            reader.Read();
            if (reader.TokenType != JsonTokenType.Null && ReadValue(ref reader, field, values) is { } error)
                return error;
        }

        return null;
    }

    private BodyField? FieldNamed(ref Utf8JsonReader reader)
    {
        foreach (var field in fields)
        {
            if (JsonText.IsNamed(ref reader, field.Utf8Name))
                return field;
        }

        return null;
    }

    private static RequestError? ReadValue(ref Utf8JsonReader reader, BodyField field, BodyValues values)
    {
        var type = reader.TokenType;
        switch (field.Kind)
        {
            case BodyFieldKind.Whole when type == JsonTokenType.Number && reader.TryGetInt64(out var number):
                values.Set(field, number);
                return null;
            case BodyFieldKind.Whole when type == JsonTokenType.Number:
                return RequestError.WrongType(field.Name, JsonText.Shortened(reader.ValueSpan), field.Rule);
            case BodyFieldKind.Text when type == JsonTokenType.String:
                return ReadText(ref reader, field.Name, out var text) is { } notText ? notText : Keep(text);
            case BodyFieldKind.Texts when type == JsonTokenType.StartArray:
                return ReadTexts(ref reader, field.Name, out var texts) is { } notTexts ? notTexts : Keep(texts);
            default:
                return RequestError.WrongType(field.Name, JsonText.Named(type), field.Rule);
        }

        RequestError? Keep(object value)
        {
            values.Set(field, value);
            return null;
        }
    }

    private static RequestError? ReadTexts(ref Utf8JsonReader reader, string name, out List<string> texts)
    {
        texts = [];
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var item = $"{name}[{texts.Count}]";
            if (reader.TokenType != JsonTokenType.String)
                return RequestError.WrongType(item, JsonText.Named(reader.TokenType), "a string");
            if (ReadText(ref reader, item, out var text) is { } error)
                return error;
            texts.Add(text);
        }

        return null;
    }

    private static RequestError? ReadText(ref Utf8JsonReader reader, string name, out string text) =>
        JsonText.TryGetText(ref reader, out text)
            ? null
            : RequestError.WrongType(name, "not valid Unicode", "text without lone surrogates");
}
