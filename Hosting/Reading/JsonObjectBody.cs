using System.Text.Json;

namespace OrleansLimiter.Hosting.Reading;

/// <summary>What readers of bodies that hold one JSON object share: all that is around its fields.</summary>
internal static class JsonObjectBody
{
    /// <summary>Reads the fields of an object.</summary>
    /// <typeparam name="T">What they are turned into.</typeparam>
    /// <param name="reader">At the start of the object; at its end if there is no error.</param>
    /// <param name="value">Where they are put.</param>
    /// <returns>What is wrong; null if nothing is.</returns>
    public delegate RequestError? FieldsReader<T>(ref Utf8JsonReader reader, ref T value);

    /// <summary>Reads a body.</summary>
    /// <param name="json">The whole body.</param>
    /// <param name="readFields">Reads the object's fields.</param>
    /// <param name="value">Where they are put; as far as they were read, if there is an error.</param>
    /// <returns>What is wrong; null if nothing is.</returns>
    public static RequestError? Read<T>(ReadOnlySpan<byte> json, FieldsReader<T> readFields, ref T value)
    {
        if (JsonText.ErrorInBytes(json) is { } error)
            return error;
        try
        {
            var reader = new Utf8JsonReader(json, JsonText.AnyDepth);
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject)
                return RequestError.WrongType("body", JsonText.Named(reader.TokenType), "a JSON object");
            error = readFields(ref reader, ref value);
            if (error is null)
                reader.Read(); // throws where something follows the object
            return error;
        }
        catch (JsonException malformed)
        {
            return JsonText.Malformed(malformed);
        }
    }
}
