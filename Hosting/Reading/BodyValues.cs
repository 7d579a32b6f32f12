using System.Globalization;

namespace OrleansLimiter.Hosting.Reading;

/// <summary>What a body holds: the types are right, the values are not checked yet. Used by one request.</summary>
internal sealed class BodyValues
{
    private readonly Dictionary<BodyField, object> _values = [];

    /// <summary>A string; null if it was left out.</summary>
    public string? Text(BodyField field) => _values.GetValueOrDefault(field) as string;

    /// <summary>An array of strings; null if it was left out.</summary>
    public IReadOnlyList<string>? Texts(BodyField field) => _values.GetValueOrDefault(field) as IReadOnlyList<string>;

    /// <summary>An integer; null if it was left out.</summary>
    public long? Whole(BodyField field) => _values.GetValueOrDefault(field) as long?;

    /// <summary>Keeps a value of the field's kind.</summary>
    public void Set(BodyField field, object value) => _values[field] = value;

    /// <summary>Whether a whole number is out of its bounds; one that is missing is not.</summary>
    /// <returns>The error, which names the field and its rule; null: none.</returns>
    public RequestError? ErrorIn(BodyField field, long least, long most) => Whole(field) is { } value && (value < least || value > most)
        ? RequestError.WrongType(field.Name, value.ToString("N0", CultureInfo.InvariantCulture), field.Rule)
        : null;
}
